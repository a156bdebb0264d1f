#!/usr/bin/python3
"""Run workloads and print what each took, as Markdown. Start it by run.sh.

    turns.py SCRATCH ROUNDS COUNT WORKLOAD...

COUNT is the most files that a workload gets. The contenders of a workload take turns,
round after round, so that whatever else the machine does meets them all. Every run
reads from the page cache and writes to a fresh folder. No time is too long: it fails
only when a contender does, or does not make every rendition as asked.
"""

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
    source = scratch / f"{name}-{WORKLOADS[name].index(workload)}"
    workload.sources(workload.photos, source, count)
    runs = take_turns(workload, source, rounds)
    last = [job_of(workload, index, rounds - 1, source) for index in range(len(runs))]
    similar = similarities(workload, source, last)
    return report.section(workload, source, [job.target for job in last], runs, similar)


def take_turns(workload, source, rounds):
    """Return the runs of each contender.

    Nothing is removed before all workloads are done: ext4 does not use the inodes of
    removed files again for some minutes, and looks at each of them for every new file.
    """
    order = list(enumerate(workload.contenders))
    runs = [[] for _ in order]
    for number in range(rounds):
        first = number % len(order)  # whoever comes first may find a colder machine
        for index, contender in order[first:] + order[:first]:
            print(f"round {number + 1} of {rounds}: {source.name}: {contender.name}", file=sys.stderr)
            job = job_of(workload, index, number, source)
            runs[index].append(run_one(contender, job))
    return runs


def job_of(workload, index, number, source):
    """Return the job of a contender in the round of that number."""
    return Job(source, source.with_name(f"{source.name}.{index}.{number}"), workload.renditions)


def run_one(contender, job):
    job.target.mkdir()
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


def similarities(workload, source, jobs):
    """Return how alike each contender's renditions are to the best possible."""
    if not workload.renditions:
        return [[] for _ in workload.contenders]
    print(f"comparing the renditions of {source.name}", file=sys.stderr)

    def files(photo, rendition):
        return [contender.path(job, photo, rendition) for contender, job in zip(workload.contenders, jobs)]

    return ssim.scores(sorted(source.iterdir()), workload.renditions, files)


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
