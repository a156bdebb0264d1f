// Package resample scales, blurs and crops planes of 8-bit samples.
//
// Every step that is linear and treats rows and columns alike is a matrix per axis: a
// row of it holds the weights by which samples of the source make up one sample of the
// result. Resizing by a kernel, the Gaussian blur and the crop (a choice of rows) are
// all of that kind, and all banded: a row has few weights, side by side, and they sum
// to one. A chain of such steps is the product of their matrices, so a blur with a
// shrink behind it is one matrix with as many rows as the small side has samples: the
// blur is never computed at full size.
//
// An [Axis] says which matrix is meant. A [Scaler] multiplies it out in float64,
// rounds it once to fixed point, keeps it for the next picture, and applies one axis
// along the columns and one along the rows, in the cheaper order, with an 8-bit picture
// between them. Only what the result depends on is computed: a crop costs its own size.
//
// Fixed point: a weight is an int16 in units of 2^-14, a row sums to 2^14 exactly, so
// that a flat picture stays as it is to the bit. What a sample is multiplied by, summed
// over a row without signs, is held below 3 (a kernel with negative lobes has about 1.6),
// which keeps each weight within int16 and each sum within int32: 255·3·2^14 < 2^24 for
// samples of 8 bits, 2^15·3·2^14 < 2^31 - 2^13 for those of 16 bits that transparency
// needs.
//
// Where the processor has AVX2 the passes are assembly, which the program in asm writes;
// elsewhere plain Go computes the same bytes.
package resample

//go:generate go run ./asm -out kernels_amd64.s -stubs kernels_amd64.go -pkg resample
