#!/usr/bin/python3
"""Make renditions with Pillow and a pool of processes: what imgwatchd replaces.

    pillow_pool.py VARIANT PROCESSES FROM TO

VARIANT is one of imgwatchd's presets: thumbnail, square or soft-gray. This is the
script as people write it: Pillow's defaults, no care for half-written files.
"""

import multiprocessing
import sys
from functools import partial
from pathlib import Path

from PIL import Image, ImageFilter


def thumbnail(path, target):
    with Image.open(path) as picture:
        picture.thumbnail((128, 128))
        picture.save(target / f"{path.stem}_thumbnail.jpg", quality=75)


def square(path, target):
    with Image.open(path) as picture:
        picture.resize((300, 300)).save(target / path.name)


def soft_gray(path, target):
    with Image.open(path) as picture:
        soft = picture.convert("L").filter(ImageFilter.GaussianBlur(10))
        soft.resize((128, 128), Image.LANCZOS).save(target / f"processed_{path.stem}.png")


VARIANTS = {"thumbnail": thumbnail, "square": square, "soft-gray": soft_gray}


def main():
    variant, processes, source, target = sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:])
    target.mkdir(parents=True)
    with multiprocessing.Pool(processes) as pool:
        pool.map(partial(VARIANTS[variant], target=target), sorted(source.iterdir()))


if __name__ == "__main__":
    main()
