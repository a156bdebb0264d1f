#!/bin/bash
# Makes the thumbnails of 100,000 files in one run, and prints when the first one
# stood (goal: within 2 s), how many files a second went through, and whether the
# memory stayed flat and below 300 MB. Takes about ten minutes.
#
#	bench/scale.sh
#	COUNT=10000 bench/scale.sh
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

count=${COUNT:-100000}
drop=$scratch/drop
target=$scratch/renditions
outcomes=$scratch/outcomes.json
samples=$scratch/rss

# Each sub-folder holds the small photos once, as hard links: cheap, and as good as
# files of their own to a program that knows files by their paths.
make_tree() {
	local small=("$photos"/small/*.jpg) left=$count folder
	for ((; left > 0; left -= ${#small[@]})); do
		folder=$drop/$(printf 'folder%06d' "$left")
		mkdir -p "$folder"
		ln "${small[@]:0:left}" "$folder"
	done
}

now() { date +%s.%N; }

since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.2f", to - from }'; }

resident() { awk '/^VmRSS:/ { print $2 / 1024 }' "/proc/$1/status" 2>/dev/null; }

# median prints the median of the numbers on its input.
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.0f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

make_tree
start=$(now)
"$imgwatchd" batch "$drop" -o "$target" --preset thumbnail --json --no-progress >"$outcomes" &
pid=$!

# An outcome is told once the rendition stands.
until [[ -s $outcomes ]]; do
	kill -0 "$pid" 2>/dev/null || exit 1
	sleep 0.01
done
first=$(since "$start")
find "$target" -name '*_thumbnail.jpg' ! -name '.*' -print -quit | grep -q .

while kill -0 "$pid" 2>/dev/null; do
	resident "$pid" >>"$samples" || break
	sleep 1
done
wait "$pid"
seconds=$(since "$start")

made=$(find "$target" -name '*_thumbnail.jpg' | wc -l)
if ((made != count)); then
	echo "$made of $count renditions" >&2
	exit 1
fi
tenth=$((($(wc -l <"$samples") + 9) / 10))
cat <<END
$count files, $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg) at the end
first output  $first s after the start (goal 2)
throughput    $(awk -v n="$count" -v s="$seconds" 'BEGIN { printf "%.0f files/s, %.0f s in all", n / s, s }')
RSS           median of the first tenth $(head -n "$tenth" "$samples" | median) MB, of the last $(tail -n "$tenth" "$samples" | median) MB
              maximum $(sort -n "$samples" | tail -n 1 | median) MB (goal 300)
END
