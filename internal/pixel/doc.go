// Package pixel brings rows of pixels from one form to another.
//
// All that makes a picture gray in this program does it here, and so gives the same
// samples.
//
// Kernels in assembly see whole groups of pixels of rows whose lengths were checked.
package pixel
