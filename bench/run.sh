#!/bin/bash
# Compares imgwatchd with a Pillow pool, on 1,000 small and 24 large photos, and
# writes the medians to bench/out/result.md.
#
#	bench/run.sh             five rounds
#	ROUNDS=3 bench/run.sh
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

"$bench/compare.py" "$imgwatchd" "$photos" "$scratch" "${ROUNDS:-5}" | tee "$out/result.md"
