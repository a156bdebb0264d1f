"""The programs that are measured, and how each is started.

Each may use two processors; where it can be told how many threads to use, that is
said. Every one is set up as well as we know how.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

BENCH = Path(__file__).resolve().parent
OUT = BENCH / "out"
IMGWATCHD = OUT / "imgwatchd"
SHARP = OUT / "node/node_modules"
JPEG = OUT / "jpeg"

ALONE = "by `bench/jpeg`, one process, `GOMAXPROCS=1`; decodes to planes of Y'CbCr, encodes from RGB"


@dataclass(frozen=True)
class Job:
    """What a contender is to do."""

    source: Path  # a folder with nothing but the sources
    target: Path  # an empty folder
    renditions: tuple

    def files(self):
        return sorted(self.source.iterdir())


@dataclass(frozen=True)
class Contender:
    name: str
    setup: str  # for the notes
    command: Callable  # from the Job
    env: dict = field(default_factory=dict)
    naming: str = ""  # of its renditions, where it cannot name them as asked

    def path(self, job, source, rendition):
        """Return where its rendition of a source should be."""
        return job.target / (self.naming or rendition.name).format(stem=source.stem)


def imgwatchd(jobs=2, durability="none", name="imgwatchd"):
    def command(job):
        presets = [f"--preset={rendition.preset}" for rendition in job.renditions]
        return [*batch(jobs, durability), *presets, job.source, "-o", job.target]

    return Contender(name, f"`batch -j {jobs} --durability {durability}`", command)


def batch(jobs, durability):
    settings = ["-c", BENCH / "presets.yaml", "-j", str(jobs), "--durability", durability]
    return [IMGWATCHD, "batch", *settings, "--no-progress"]


def pillow(variant):
    command = lambda job: [BENCH / "pillow_pool.py", variant, "2", job.source, job.target]
    return Contender("Pillow pool", "`pillow_pool.py`, two processes of one thread each", command)


def sharp(variant, name="sharp"):
    command = lambda job: ["node", BENCH / "sharp_pool.js", variant, job.source, job.target]
    setup = "`sharp_pool.js`, one process, two files at a time, `concurrency(1)`, `cache(false)`"
    return Contender(name, setup, command, {"NODE_PATH": str(SHARP)})


def vipsthumbnail(box, quality, naming):
    def command(job):
        output = f"{job.target}/{naming.format(stem='%s')}[Q={quality},strip]"
        return two_at_a_time(job, ["vipsthumbnail", "--size", box, "-o", output])

    setup = "two processes at a time, many files each, `VIPS_CONCURRENCY=1`"
    return Contender("vipsthumbnail", setup, command, {"VIPS_CONCURRENCY": "1"})


def mogrify(box, hint, quality):
    options = f"-define jpeg:size={hint} -thumbnail {box} -sampling-factor 4:2:0 -quality {quality}".split()
    command = lambda job: two_at_a_time(job, ["mogrify", "-path", job.target, *options])
    setup = "two processes at a time, many files each, `MAGICK_THREAD_LIMIT=1`, the size told by `jpeg:size`"
    return Contender("mogrify", setup, command, {"MAGICK_THREAD_LIMIT": "1"}, "{stem}.jpg")


def decode(codec, scale, name):
    """Decode with internal/jpeg or with image/jpeg."""
    command = lambda job: [JPEG, "decode", codec, str(scale), job.source]
    return Contender(name, ALONE, command, {"GOMAXPROCS": "1"})


def djpeg(scale):
    options = ["djpeg", "-scale", f"1/{scale}", "-outfile", "/dev/null"]
    command = lambda job: by_xargs(job, options, processes=1, each=1)
    return Contender("djpeg", "one process after the other, a file each, to `/dev/null`; it goes on to RGB", command)


def encode(codec, quality, name):
    """Encode with internal/jpeg or with image/jpeg."""
    command = lambda job: [JPEG, "encode", codec, str(quality), job.source, job.target]
    return Contender(name, ALONE, command, {"GOMAXPROCS": "1"})


def cjpeg(quality):
    options = f"cjpeg -quality {quality} -sample 2x2 -optimize"
    script = f'name=${{1##*/}} && exec {options} -outfile "$0/${{name%.ppm}}.jpg" "$1"'
    command = lambda job: by_xargs(job, ["sh", "-c", script, job.target], processes=1, each=1)
    return Contender("cjpeg", f"`{options}`, one process after the other, a file each", command)


def two_at_a_time(job, command):
    """Run the command on eight batches of files."""
    return by_xargs(job, command, processes=2, each=-(-len(job.files()) // 8))


def by_xargs(job, command, processes, each):
    listing = job.target.with_suffix(".files")
    listing.write_bytes(b"\0".join(os.fsencode(file) for file in job.files()))
    return ["xargs", "-0", "-a", listing, "-P", str(processes), "-n", str(each), *command]
