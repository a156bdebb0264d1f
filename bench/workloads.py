"""The workloads: what is made of which photos, by whom, and what is to be reached."""

import shutil
import subprocess
from dataclasses import dataclass
from typing import Callable

from contenders import (
    OUT,
    cjpeg,
    decode,
    djpeg,
    encode,
    imgwatchd,
    mogrify,
    pillow,
    sharp,
    vipsthumbnail,
)
from renditions import PREVIEW, SIZES, SOFT_GRAY, SQUARE, THUMBNAIL, WHOLE


def copies(patterns, folder, count):
    """Copy the photos into a new folder, which also brings them into the page cache."""
    folder.mkdir()
    for photo in found(patterns, count):
        shutil.copyfile(photo, folder / photo.name)


def tenfold(patterns, folder, count):
    """Put ten copies of each photo into a new folder, so that a start is little of a run."""
    folder.mkdir()
    for photo in found(patterns, count // 10):
        for number in range(10):
            shutil.copyfile(photo, folder / f"{photo.stem}-{number}{photo.suffix}")


def decoded(patterns, folder, count):
    """Put the decoded photos into a new folder."""
    folder.mkdir()
    for photo in found(patterns, count):
        ppm = folder / f"{photo.stem}.ppm"
        subprocess.run(["djpeg", "-outfile", ppm, photo], check=True)


def found(patterns, count):
    return [photo for pattern in patterns for photo in sorted((OUT / "photos").glob(pattern))][:count]


@dataclass(frozen=True)
class Goal:
    factor: float  # what the best rival takes, of what the first contender takes
    of: str = "cpu"  # or wall


@dataclass(frozen=True)
class Workload:
    title: str
    photos: tuple  # patterns, below the set's folder
    renditions: tuple  # of each photo
    contenders: tuple  # the others are compared with the first
    goal: Goal = None
    sources: Callable = copies  # makes them of the photos


WORKLOADS = {
    "W1": [
        Workload(
            "Small photos to 128 px, quality 75",
            ("small/*",),
            (THUMBNAIL,),
            (
                imgwatchd(),
                imgwatchd(durability="full", name="imgwatchd, durability full"),
                pillow("thumbnail"),
                sharp("thumbnail"),
                vipsthumbnail("128x128", 75, THUMBNAIL.name),
                mogrify("128x128", "256x256", 75),
            ),
            Goal(3),
        )
    ],
    "W2": [
        Workload(
            "Large photos to 256 px, quality 80",
            ("large/*",),
            (PREVIEW,),
            (
                imgwatchd(),
                pillow("preview"),
                sharp("preview"),
                vipsthumbnail("256x256", 80, PREVIEW.name),
                mogrify("256x256", "512x512", 80),
            ),
            Goal(2),
        )
    ],
    "W3": [
        Workload(
            "Gray, blurred by sigma 10, 128×128 PNG: large photos and big JPEGs",
            ("large/*", "big/*.jpg"),
            (SOFT_GRAY,),
            (imgwatchd(), pillow("soft-gray")),
            Goal(10),
        ),
        Workload(
            "Gray, blurred by sigma 10, 128×128 PNG: big PNGs and TIFFs",
            ("big/*.png", "big/*.tif"),
            (SOFT_GRAY,),
            (imgwatchd(), pillow("soft-gray")),
            Goal(2),
        ),
    ],
    "W4": [
        Workload(
            "Small photos to exactly 300×300, quality 75",
            ("small/*",),
            (SQUARE,),
            (imgwatchd(), pillow("square"), sharp("square")),
            Goal(2.5),
        )
    ],
    "W5": [
        Workload(
            "Large photos to 1920, 1280, 640 and 128 px, quality 80, in one job",
            ("large/*",),
            SIZES,
            (
                imgwatchd(),
                pillow("sizes"),
                sharp("sizes"),
                sharp("sizes-of-file", name="sharp, clones of the file"),
            ),
            Goal(2.5),
        )
    ],
    "W6": [
        Workload(
            "Large photos decoded at 1/8",
            ("large/*",),
            (),
            (decode("imgwatchd", 8, "internal/jpeg"), djpeg(8), decode("go", 1, "image/jpeg, which knows only 1/1")),
            Goal(2),
        ),
        Workload(
            "Large photos decoded at 1/1",
            ("large/*",),
            (),
            (decode("imgwatchd", 1, "internal/jpeg"), djpeg(1), decode("go", 1, "image/jpeg")),
            Goal(1 / 1.3),
        ),
        Workload(
            "Large photos encoded, quality 80",
            ("large/photo000*",),
            (WHOLE,),
            (encode("imgwatchd", 80, "internal/jpeg"), cjpeg(80), encode("go", 80, "image/jpeg")),
            sources=decoded,
        ),
    ],
    "W7": [
        Workload(
            "Small photos to 128 px, on two processors and on one",
            ("small/*",),
            (THUMBNAIL,),
            (imgwatchd(2, name="imgwatchd -j 2"), imgwatchd(1, name="imgwatchd -j 1")),
            Goal(1.9, of="wall"),
            tenfold,
        )
    ],
    "durability": [
        Workload(
            "Small photos to 128 px, synced or not",
            ("small/*",),
            (THUMBNAIL,),
            (imgwatchd(), imgwatchd(durability="full", name="imgwatchd, durability full")),
        )
    ],
}

EVERYTHING = [name for name in WORKLOADS if name != "durability"]
