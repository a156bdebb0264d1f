#!/usr/bin/python3
"""Run workloads and print what each took, as Markdown. Start it by run.sh.

    turns.py SCRATCH ROUNDS COUNT WORKLOAD...

COUNT is the most files that a workload gets. The contenders of a workload take turns,
round after round, so that whatever else the machine does meets them all. Every run
reads from the page cache and writes to a fresh folder. No time is too long: it fails
only when a contender does, or does not make every rendition as asked.
"""

import shutil
import sys
from pathlib import Path

from PIL import Image

import report
import scaling
import ssim
from contenders import Job
from measure import Failed, run
from workloads import EVERYTHING, WORKLOADS, found


def main():
    scratch, rounds, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    names = sys.argv[4:] or EVERYTHING
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        sys.exit(f"no workload is called {unknown[0]}; there are {', '.join(WORKLOADS)}")
    report.heading(rounds, [workload for name in names for workload in WORKLOADS[name]])
    verdicts = []
    for name in names:
        print(f"\n## {name}")
        for workload in WORKLOADS[name]:
            verdicts.append((name, run_workload(workload, name, scratch, rounds, count)))
        if name == "W7":
            scaling.run_scaling(found(("small/*",), count), scratch, rounds, count)
    report.summary(verdicts)


def run_workload(workload, name, scratch, rounds, count):
    source = scratch / name
    workload.sources(workload.photos, source, count)
    runs = take_turns(workload, source, scratch, rounds)
    similar = similarities(workload, source, scratch)
    made = [job_of(workload, index, source, scratch).target for index in range(len(runs))]
    verdict = report.section(workload, source, made, runs, similar)
    for used in source, scratch / "renditions":
        shutil.rmtree(used)
    return verdict


def take_turns(workload, source, scratch, rounds):
    """Return the runs of each contender; the renditions of its last one are left."""
    order = list(enumerate(workload.contenders))
    runs = [[] for _ in order]
    for number in range(rounds):
        first = number % len(order)  # whoever comes first may find a colder machine
        for index, contender in order[first:] + order[:first]:
            print(f"round {number + 1} of {rounds}: {source.name}: {contender.name}", file=sys.stderr)
            job = job_of(workload, index, source, scratch)
            runs[index].append(run_one(contender, job))
    return runs


def job_of(workload, index, source, scratch):
    return Job(source, scratch / "renditions" / str(index), workload.renditions)


def run_one(contender, job):
    shutil.rmtree(job.target, ignore_errors=True)
    job.target.mkdir(parents=True)
    taken = run(contender.command(job), contender.env, job.target.with_suffix(".log"))
    check(contender, job)
    return taken


def check(contender, job):
    """See that the contender made every rendition as asked, and nothing else."""
    for source in job.files():
        with Image.open(source) as picture:
            size = picture.size
        for rendition in job.renditions:
            path = contender.path(job, source, rendition)
            fault = rendition.fault(path, size)
            if fault:
                raise Failed(f"{contender.name}: {path.name} {fault}")
    made, wanted = len(list(job.target.iterdir())), len(job.files()) * len(job.renditions)
    if made != wanted:
        raise Failed(f"{contender.name}: made {made} files, not {wanted}")


def similarities(workload, source, scratch):
    """Return how alike each contender's renditions are to the best possible."""
    if not workload.renditions:
        return [[] for _ in workload.contenders]
    print(f"comparing the renditions of {source.name}", file=sys.stderr)
    jobs = [job_of(workload, index, source, scratch) for index in range(len(workload.contenders))]

    def files(photo, rendition):
        return [contender.path(job, photo, rendition) for contender, job in zip(workload.contenders, jobs)]

    return ssim.scores(sorted(source.iterdir()), workload.renditions, files)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
