#!/bin/bash
# Measures what durability costs: thumbnails of 1,000 small photos with --durability
# none and full, in turns. The table goes to bench/out/durability.md, too.
#
#	bench/durability.sh              nine rounds
#	ROUNDS=3 bench/durability.sh
#	TARGET=/srv bench/durability.sh  onto the disk of that folder
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

if [[ -n ${TARGET:-} ]]; then
	rm -rf "$scratch"
	scratch=$(mktemp -d "$TARGET/imgwatchd-bench.XXXXXX")
fi
"$bench/compare.py" "$imgwatchd" "$photos" "$scratch" "${ROUNDS:-9}" durability | tee "$out/durability.md"
