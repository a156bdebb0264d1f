#!/bin/bash
# Measures what watching the service costs its work: 200 scrapes a second and 100
# open status pages beside 5,000 photos of 12 megapixels, against the photos alone.
#
#	bench/crowd.sh
#	bench/crowd.sh -files 1000 -rounds 1
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

build ./bench/crowd
"$out/crowd" "$imgwatchd" "$photos/large" "$scratch" "$@"
