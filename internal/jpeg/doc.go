// Package jpeg decodes and encodes JPEG pictures for renditions: it decodes no more of
// a picture than a rendition shows, and keeps to the planes that JPEG itself stores.
//
// A JPEG stores each plane in blocks of 8×8 samples as 64 frequencies. The lowest of
// them is the block's mean, so a picture of an eighth of the size needs only that one;
// a quarter needs the lowest 2×2, a half the lowest 4×4. A [Decoder] decodes at such a
// scale: what lies beyond the corner is passed over in the Huffman stream and never
// dequantised or transformed. An [Encoder] writes planes as they are, with Huffman
// tables made for the picture.
//
// What is read: baseline, extended and progressive coding of 8 bits with 1, 3 or 4
// components, any sampling factors and restart intervals. What is not: arithmetic,
// lossless and hierarchical coding, 12 bits, and a height that only a DNL marker gives.
//
// The bytes are not trusted. Whatever they are, decoding ends, within memory that
// follows from the size that the frame header names and within time that follows from
// that size and the length of the data; faults are a [FormatError] or an
// [UnsupportedError]. Kernels in assembly only ever see blocks and rows of checked size.
package jpeg
