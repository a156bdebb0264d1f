#!/bin/bash
# Measures imgwatchd against the programs that people use instead, and writes the
# table to bench/out/result.md.
#
#	bench/run.sh                          all workloads, W1 to W7: about an hour
#	bench/run.sh W1 W4                    only these
#	ROUNDS=1 COUNT=100 bench/run.sh W1    one round, at most 100 files
#	TARGET=/srv bench/run.sh durability   what durability costs on the disk of that folder
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

install_rivals
build ./bench/jpeg
"$bench/turns.py" "$scratch" "${ROUNDS:-5}" "${COUNT:-100000}" "$@" | tee "$out/result.md"
