#!/bin/bash
# Starts the service on an empty drop folder and prints what it costs to wait: its
# CPU time (goal: below 0.1 %) and how often it wakes up.
#
#	bench/idle.sh              for 30 s
#	DURATION=10 bench/idle.sh
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

duration=${DURATION:-30}
log=$scratch/log

# cpu prints the nanoseconds that all threads have run: schedstat counts them
# exactly, unlike the ticks of stat.
cpu() { cat /proc/"$1"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'; }

wakeups() { cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'; }

"$imgwatchd" run --drop "$scratch/drop" --out "$scratch/renditions" 2>"$log" &
pid=$!
trap 'kill "$pid" 2>/dev/null && wait "$pid"; rm -rf "$scratch"' EXIT
until grep -q 'folder watched' "$log"; do
	kill -0 "$pid"
	sleep 0.1
done
sleep 2 # the first scan

cpu_before=$(cpu "$pid")
wakeups_before=$(wakeups "$pid")
sleep "$duration"
cpu_after=$(cpu "$pid")
wakeups_after=$(wakeups "$pid")

awk -v s="$duration" -v ns=$((cpu_after - cpu_before)) -v n=$((wakeups_after - wakeups_before)) 'BEGIN {
	printf "CPU       %.4f %% of one processor over %d s (goal 0.1)\n", ns / s / 1e7, s
	printf "wake-ups  %.1f per second, voluntary context switches of all threads\n", n / s
}'
