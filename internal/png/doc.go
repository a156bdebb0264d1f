// Package png decodes PNG pictures that are held in memory, to the types and samples of
// [image/png]. It is made for renditions of large pictures.
//
// The compressed rows go through a buffer of little more than the window of Deflate. Each
// row is unfiltered and brought into the picture's form while it is in cache: a picture whose
// rows are stored as they are wanted is unfiltered in place, and one that is to be gray never
// exists in colour. So decoding takes the picture, the buffer and four rows.
//
// What is read: all colour types and depths, interlaced or not, transparency by a colour
// or by palette. Ancillary chunks are passed over. A picture must be sound to its end: all
// checksums are right, and the rows are exactly those that the header names. Only bytes that
// follow the compressed stream within its chunks are passed over.
//
// The bytes are not trusted. Whatever they are, decoding ends, within memory that follows
// from the size that the header names and is only taken when there are enough data for it,
// and within time that follows from that size and the length of the data. Faults are a
// [FormatError] or an [UnsupportedError].
package png
