#!/usr/bin/python3
"""Make renditions with Pillow and a pool of processes: what imgwatchd replaces.

    pillow_pool.py VARIANT PROCESSES FROM TO

VARIANT is thumbnail, preview, square or soft-gray, as in presets.yaml, or sizes for
four at once. This is the script as people write it, when they know Pillow well:
thumbnail() has the decoder leave out what is not needed, and of four sizes the
larger feeds the smaller. No care is taken for half-written files.
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


def preview(path, target):
    with Image.open(path) as picture:
        picture.thumbnail((256, 256))
        picture.save(target / f"{path.stem}_preview.jpg", quality=80)


def square(path, target):
    with Image.open(path) as picture:
        picture.resize((300, 300)).save(target / f"{path.stem}.jpg", quality=75)


def soft_gray(path, target):
    with Image.open(path) as picture:
        soft = picture.convert("L").filter(ImageFilter.GaussianBlur(10))
        soft.resize((128, 128), Image.LANCZOS).save(target / f"processed_{path.stem}.png")


def sizes(path, target):
    with Image.open(path) as picture:
        for size in 1920, 1280, 640, 128:
            picture.thumbnail((size, size))
            picture.save(target / f"{path.stem}_{size}.jpg", quality=80)


VARIANTS = {
    "thumbnail": thumbnail,
    "preview": preview,
    "square": square,
    "soft-gray": soft_gray,
    "sizes": sizes,
}


def main():
    variant, processes, source, target = sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:])
    target.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(processes) as pool:
        pool.map(partial(VARIANTS[variant], target=target), sorted(source.iterdir()))


if __name__ == "__main__":
    main()
