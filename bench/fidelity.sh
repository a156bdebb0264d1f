#!/bin/bash
# Compares imgwatchd's renditions with Pillow's, picture by picture, for each preset
# that both know. Fails when they differ more than psnr.py allows.
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

# 100 small photos and 20 large ones, under names of their own.
mkdir "$scratch/photos"
for photo in "$photos"/small/photo00??.jpg "$photos"/large/photo00[01]?.jpg; do
	half=$(basename "$(dirname "$photo")")
	cp "$photo" "$scratch/photos/$half-${photo##*/}"
done

status=0
for preset in thumbnail square soft-gray; do
	"$imgwatchd" batch "$scratch/photos" -o "$scratch/ours/$preset" --preset "$preset" --no-progress 2>"$scratch/log" || {
		cat "$scratch/log" >&2
		exit 1
	}
	"$bench/pillow_pool.py" "$preset" "$(nproc)" "$scratch/photos" "$scratch/theirs/$preset"
	"$bench/psnr.py" "$preset" "$scratch/ours/$preset" "$scratch/theirs/$preset" || status=1
done
exit "$status"
