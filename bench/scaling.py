"""Whether a file costs the same among a hundred thousand as among a thousand."""

import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from contenders import batch
from measure import Failed, resident, run
from renditions import THUMBNAIL

SAMPLE_EVERY = 0.5  # seconds
COMMAND = [*batch(2, "none"), "--preset=thumbnail", "--json"]


class Watch:
    """Watches a run of imgwatchd from its start: the first outcome, the memory."""

    def __init__(self, outcomes):
        self.outcomes = outcomes  # the file that they are told in
        self.first = None  # seconds
        self.rss = []  # MB, at equal intervals

    def start(self, pid):
        self.pid, self.started = pid, time.monotonic()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while not self.outcomes.stat().st_size:  # an outcome is told once the rendition stands
            time.sleep(0.01)
        self.first = time.monotonic() - self.started
        while megabytes := resident(self.pid):
            self.rss.append(megabytes)
            time.sleep(SAMPLE_EVERY)


def run_scaling(photos, scratch, rounds, count):
    """Compare runs over the photos with one over count files."""
    few, many = scratch / "few", scratch / "many"
    fill(few, photos, len(photos))
    fill(many, photos, count)
    before = [thumbnails(few, scratch)[0] for _ in range(rounds)]
    run_of_many, watch = thumbnails(many, scratch)
    after = [thumbnails(few, scratch)[0] for _ in range(rounds)]
    report(len(photos), before + after, count, run_of_many, watch)


def fill(folder, photos, count):
    """Fill a folder with count files, in sub-folders that each have the photos once.

    All but the first of a photo are hard links: as good as files of their own to a
    program that knows files by their paths.
    """
    for number in range(count):
        part, index = divmod(number, len(photos))
        place = folder / f"part{part:04}"
        if index == 0:
            place.mkdir(parents=True)
        if part == 0:
            shutil.copyfile(photos[index], place / photos[index].name)
        else:
            os.link(folder / "part0000" / photos[index].name, place / photos[index].name)


def thumbnails(source, scratch):
    print(f"scaling: {source.name}", file=sys.stderr)
    target, log = Path(tempfile.mkdtemp(prefix="scaling", dir=scratch)), scratch / "scaling.log"
    watch = Watch(log)
    taken = run([*COMMAND, source, "-o", target], {}, log, watch.start)
    made = sum(1 for _ in target.rglob(THUMBNAIL.name.format(stem="*")))
    wanted = sum(1 for _ in source.rglob("*.jpg"))
    if made != wanted:
        raise Failed(f"scaling: made {made} renditions of {wanted}")
    return taken, watch


def report(few, runs_of_few, many, run_of_many, watch):
    cpu, wall = (median(getattr(run, what) for run in runs_of_few) / few for what in ("cpu", "wall"))
    cpu_of_many, wall_of_many = run_of_many.cpu / many, run_of_many.wall / many
    rss = median(run.rss for run in runs_of_few)
    print(f"\nThe cost of a file: {few:,} against {many:,} small photos to 128 px, -j 2\n")
    print("| files | CPU ms a file | wall ms a file | peak RSS MB |")
    print("|--:|--:|--:|--:|")
    print(f"| {few:,} | {cpu * 1000:.2f} | {wall * 1000:.2f} | {rss:.0f} |")
    print(f"| {many:,} | {cpu_of_many * 1000:.2f} | {wall_of_many * 1000:.2f} | {run_of_many.rss:.0f} |")
    print(f"\nA file of {many:,} costs {cpu_of_many / cpu:.2f} of the CPU of one of {few:,} (goal 1.10), and")
    print(f"{wall_of_many / wall:.2f} of the wall. {flatness(watch.rss)}")
    print(f"The first outcome came after {watch.first:.2f} s (goal 2).", flush=True)


def flatness(rss):
    if not rss:
        return "It ended too soon to sample its memory."
    tenth = -(-len(rss) // 10)
    early, late = median(rss[:tenth]), median(rss[-tenth:])
    spread = f"{early:.0f} MB in the first tenth, {late:.0f} MB in the last"
    return f"RSS was {spread}, {max(rss):.0f} MB at most (goal 250)."
