#!/usr/bin/python3
"""Measure imgwatchd against a Pillow pool and print the medians as Markdown.

    compare.py IMGWATCHD PHOTOS SCRATCH ROUNDS
    compare.py IMGWATCHD PHOTOS SCRATCH ROUNDS durability     only what durability costs

The contenders take turns, round after round, so that whatever else the machine
does meets them all. Every run reads from the page cache and writes to a fresh
folder. No time is too long for it: it fails only when a run does, or does not
make every rendition.
"""

import datetime
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

BENCH = Path(__file__).resolve().parent
PILLOW = "Pillow pool, 2 processes"


@dataclass
class Run:
    """What one run took."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and its children
    rss: float  # MB, the peak of the largest process
    others: float  # CPU seconds of all other programs meanwhile


@dataclass
class Contender:
    name: str
    command: list  # the output folder is appended
    runs: list = field(default_factory=list)

    def middle(self, what):
        return median(getattr(run, what) for run in self.runs)


def main():
    imgwatchd, photos, scratch, rounds = sys.argv[1], *map(Path, sys.argv[2:4]), int(sys.argv[4])
    describe(rounds)
    if sys.argv[5:] == ["durability"]:
        both = imgwatchds(imgwatchd, photos / "small", [(2, "none"), (2, "full")])
        measure(both, photos / "small", scratch, rounds)
        price(both, photos / "small")
        return
    small = contenders(imgwatchd, photos / "small", [(1, "none"), (2, "none"), (1, "full"), (2, "full")])
    measure(small, photos / "small", scratch, rounds)
    report(small, photos / "small")
    for durability in ("none", "full"):
        speed_up(small, durability)
    price(small, photos / "small")
    large = contenders(imgwatchd, photos / "large", [(2, "none")])
    measure(large, photos / "large", scratch, rounds)
    report(large, photos / "large")


def contenders(imgwatchd, source, settings):
    pool = Contender(PILLOW, [BENCH / "pillow_pool.py", "thumbnail", "2", source])
    return [*imgwatchds(imgwatchd, source, settings), pool]


def imgwatchds(imgwatchd, source, settings):
    batch = [imgwatchd, "batch", source, "--preset", "thumbnail", "--no-progress"]
    return [
        Contender(ours_name(jobs, durability), [*batch, "-j", str(jobs), "--durability", durability, "-o"])
        for jobs, durability in settings
    ]


def ours_name(jobs, durability):
    return f"imgwatchd -j {jobs}, durability {durability}"


def measure(contenders, source, scratch, rounds):
    expected = warm(source)
    for number in range(rounds):
        first = number % len(contenders)  # whoever comes first may find a colder machine
        for contender in contenders[first:] + contenders[:first]:
            print(f"round {number + 1} of {rounds}: {source.name}: {contender.name}", file=sys.stderr)
            contender.runs.append(run(contender.command, scratch / "renditions", expected))


def warm(source):
    """Read every photo once, so that all runs find them in memory; return how many there are."""
    return sum(1 for path in source.iterdir() if path.read_bytes())


def run(command, target, expected):
    """Run the command into a new folder."""
    os.sync()  # what the run before wrote
    with open(target.with_suffix(".log"), "w+") as log:
        busy, start = busy_seconds(), time.monotonic()
        process = subprocess.Popen([*command, target], stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
        wall, busy = time.monotonic() - start, busy_seconds() - busy
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        made = len(list(target.glob("*_thumbnail.jpg")))
        if process.returncode != 0 or made != expected:
            sys.exit(f"{command}: exit code {process.returncode}, {made} of {expected} renditions\n{log.read()}")
    shutil.rmtree(target)
    cpu = used.ru_utime + used.ru_stime
    return Run(wall, cpu, used.ru_maxrss / 1024, max(0, busy - cpu))


def busy_seconds():
    """Return the CPU seconds that the whole machine has worked."""
    with open("/proc/stat") as stat:
        _, user, nice, system, _, _, irq, softirq, steal, *_ = stat.readline().split()
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / os.sysconf("SC_CLK_TCK")


def describe(rounds):
    load = os.getloadavg()[0]
    now = datetime.date.today().isoformat()
    print(f"{now}, {os.cpu_count()} processors, load {load:.1f} before the start, medians of {rounds} rounds.")


def report(contenders, source):
    print(f"\n{title(source)}\n")
    print("| | wall s | CPU s | peak RSS MB | wall, of Pillow's | CPU, of Pillow's |")
    print("|---|--:|--:|--:|--:|--:|")
    pool = contenders[-1]
    for contender in contenders:
        wall, cpu, rss = (contender.middle(what) for what in ("wall", "cpu", "rss"))
        walls, cpus = ratio(contender, pool, "wall"), ratio(contender, pool, "cpu")
        print(f"| {contender.name} | {wall:.2f} | {cpu:.2f} | {rss:.0f} | {walls:.2f} | {cpus:.2f} |")
    report_others(contenders)


def report_others(contenders):
    runs = [run for contender in contenders for run in contender.runs]
    share = sum(run.others for run in runs) / sum(run.wall for run in runs) / os.cpu_count()
    print(f"\nOther programs took {share:.0%} of the processors meanwhile.", flush=True)


def title(source):
    sizes = [path.stat().st_size for path in source.iterdir()]
    return f"Thumbnails of {len(sizes):,} {source.name} photos, {sum(sizes) / len(sizes) / 1024:.0f} KB each:"


def speed_up(contenders, durability):
    """Print what the second processor brings."""
    by_name = {contender.name: contender for contender in contenders}
    one, two = (by_name[ours_name(jobs, durability)] for jobs in (1, 2))
    print(f"\nSpeed-up of -j 2 over -j 1, durability {durability}: {ratio(one, two, 'wall'):.2f} (goal 1.8)")


def price(contenders, source):
    """Print what durability costs, round by round and in the median."""
    by_name = {contender.name: contender for contender in contenders}
    none, full = (by_name[ours_name(2, durability)] for durability in ("none", "full"))
    print(f"\n{title(source)[:-1]}, -j 2, with durability none and full:\n")
    print("| round | wall s, none | full | ratio | CPU s, none | full | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for number, (a, b) in enumerate(zip(none.runs, full.runs), 1):
        print(f"| {number} {price_of(a.wall, b.wall)} {price_of(a.cpu, b.cpu)} |")
    walls, cpus = (f"{ratio(full, none, what):.3f}" for what in ("wall", "cpu"))
    print(f"| median | {none.middle('wall'):.2f} | {full.middle('wall'):.2f} | {walls} ", end="")
    print(f"| {none.middle('cpu'):.2f} | {full.middle('cpu'):.2f} | {cpus} |")
    report_others([none, full])


def price_of(none, full):
    return f"| {none:.2f} | {full:.2f} | {full / none:.3f}"


def ratio(one, other, what):
    """Return the median of the rounds' ratios: both sides of each met the same machine."""
    return median(getattr(a, what) / getattr(b, what) for a, b in zip(one.runs, other.runs))


if __name__ == "__main__":
    main()
