#!/bin/bash
# Compares imgwatchd's renditions with Pillow's, picture by picture, for each preset
# that both know, and what its planner makes with what the steps mean, one after the
# other on the whole picture. Fails when they differ more than is allowed.
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

mkdir "$scratch/reference"
cp "$photos"/small/photo0[0-9][0-9][05].jpg "$scratch/reference" # 200
cd "$bench/.."
go test ./internal/render -count=1 -v -run TestPicturesAreNearTheReference -photos "$scratch/reference" || status=1
exit "$status"
