// Package codec knows image containers: what a file is by its content, how large
// its picture is and how much memory that takes before any of it is decoded,
// its pixels, its colour profile and EXIF block, and the way back to bytes.
//
// It is made for files that nobody vouches for. A declared length is compared
// with the file before anything is allocated for it, sizes are multiplied in 64
// bits, every walk over a file advances, and a picture comes out whole or not at
// all: a file that was cut short is malformed even where most of it could be
// shown. What concerns the file is reported as a *job.Reason with the class
// malformed, unsupported, too_large or not_image and the step header, decode or
// encode; an error without a reason is the reader's own.
//
// All functions may be called concurrently; none keeps its arguments or starts a
// goroutine. Decode does not recover from panics of the decoders below it: the
// caller does that around the whole of its work on a file.
//
// What is not done: pixels are handed out as stored, so turning them by the
// orientation is the caller's; colour profiles are carried and not applied, and
// the gamma chunk of PNG is ignored; of animations and multi-page files only the
// first picture is read. Metadata is written to JPEG and PNG only. WebP is read
// and not written.
package codec
