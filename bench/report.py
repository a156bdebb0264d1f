"""Print measurements as Markdown."""

import os
import subprocess
from datetime import date
from statistics import median

import PIL

from contenders import OUT, SHARP

NOTES = """
A ratio is the median of the rounds' ratios to the first contender: above 1, that one is faster. RSS is of
the largest process. SSIM is of the luma, against the whole source resized with Lanczos."""

NAMES = {"cpu": "CPU", "wall": "wall"}


def heading(rounds, workloads):
    load = os.getloadavg()[0]
    print(f"# Measured {date.today().isoformat()}\n")
    print(f"{os.cpu_count()} processors ({processor()}), load {load:.1f} before the start, medians of", end=" ")
    print(f"{rounds} rounds.\nThe photo set is edition {(OUT / 'photos/edition').read_text().strip()}. Contenders:\n")
    setups = {contender.name: contender.setup for each in workloads for contender in each.contenders}
    for name, setup in setups.items():
        print(f"- {name}{version(name)}: {setup}")
    print(NOTES, flush=True)


def processor():
    with open("/proc/cpuinfo") as info:
        return next(line.split(":")[1].strip() for line in info if line.startswith("model name"))


def version(name):
    """Return the version of the program that a contender's name begins with."""
    versions = {
        "Pillow": lambda: PIL.__version__,
        "sharp": lambda: said("node", "-p", f"require('{SHARP}/sharp').versions.sharp"),
        "vipsthumbnail": lambda: said("vips", "--version").removeprefix("vips-"),
        "mogrify": lambda: said("mogrify", "-version").split()[2],
        "djpeg": lambda: said("djpeg", "-version").split()[2],
        "cjpeg": lambda: said("cjpeg", "-version").split()[2],
    }
    known = (read for program, read in versions.items() if name.startswith(program))
    return next((f" {read()}" for read in known), "")


def said(*command):
    """Return the first line that a command says."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0]


def section(workload, source, made, runs, similar):
    """Print what the contenders took and made, and return the verdict."""
    print(f"\n{workload.title}: {amount(source)} each:\n")
    print("| | wall s | CPU s | peak RSS MB | made KB each | SSIM, median | minimum ", end="")
    print("| CPU ratio | wall ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for contender, target, its_runs, its_similar in zip(workload.contenders, made, runs, similar):
        wall, cpu, rss = (middle(its_runs, what) for what in ("wall", "cpu", "rss"))
        print(f"| {contender.name} | {wall:.2f} | {cpu:.2f} | {rss:.0f} ", end="")
        print(f"| {likeness(target, its_similar)} ", end="")
        print(f"| {ratio(its_runs, runs[0], 'cpu'):.2f} | {ratio(its_runs, runs[0], 'wall'):.2f} |")
    verdict = Verdict(workload, runs) if workload.goal else None
    print(f"\n{verdict or ''}{others(runs)}", flush=True)
    return verdict


def amount(folder):
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return f"{len(sizes):,} files of {kilobytes(sizes)} KB"


def kilobytes(sizes):
    return f"{sum(sizes) / len(sizes) / 1024:,.1f}"


def likeness(target, similar):
    if not similar:
        return "| |"
    sizes = [path.stat().st_size for path in target.iterdir()]
    return f"{kilobytes(sizes)} | {median(similar):.4f} | {min(similar):.4f}"


class Verdict:
    """How the best rival compares with the goal."""

    def __init__(self, workload, runs):
        self.title, self.goal = workload.title, workload.goal
        first = workload.contenders[0].name
        rivals = {  # not the first contender with other settings
            contender.name: {what: ratio(its_runs, runs[0], what) for what in NAMES}
            for contender, its_runs in zip(workload.contenders, runs)
            if not contender.name.startswith(first)
        }
        self.best = min(rivals, key=lambda name: rivals[name][self.goal.of])
        self.ratios = rivals[self.best]
        self.reached = "reached" if self.ratios[self.goal.of] >= self.goal.factor else "not reached"

    def __str__(self):
        ratios = ", ".join(f"{NAMES[what]} {self.ratios[what]:.2f}" for what in NAMES)
        return f"The best rival is {self.best}: {ratios}; goal {self.aim()}: **{self.reached}**. "

    def aim(self):
        return f"{NAMES[self.goal.of]} {self.goal.factor:.2g}"


def summary(verdicts):
    print("\n## In short\n")
    print("| | work | best rival | CPU ratio | wall ratio | goal | |")
    print("|---|---|---|--:|--:|--:|---|")
    for name, verdict in verdicts:
        if verdict:
            cpu, wall = verdict.ratios["cpu"], verdict.ratios["wall"]
            print(f"| {name} | {verdict.title} | {verdict.best} ", end="")
            print(f"| {cpu:.2f} | {wall:.2f} | {verdict.aim()} | {verdict.reached} |")


def middle(runs, what):
    return median(getattr(run, what) for run in runs)


def ratio(runs, first, what):
    """Return the median of the rounds' ratios: both sides of each met the same machine."""
    return median(getattr(a, what) / getattr(b, what) for a, b in zip(runs, first))


def others(runs):
    every = [run for its_runs in runs for run in its_runs]
    share = sum(run.others for run in every) / sum(run.wall for run in every) / os.cpu_count()
    return f"Other programs took {share:.0%} of the processors meanwhile."
