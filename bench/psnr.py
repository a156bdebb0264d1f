#!/usr/bin/python3
"""Compare the pictures of two folders, name by name, by their PSNR.

    psnr.py TITLE OURS THEIRS

Both pictures of a pair are decoded with Pillow and must have the same size; gray
ones are compared as gray. Prints the median and the minimum, and exits with 1 when
either is below its floor or a picture of one folder is missing in the other.
"""

import math
import sys
from pathlib import Path
from statistics import median

from PIL import Image, ImageChops, ImageStat

MEDIAN_FLOOR = 36  # dB
LEAST_FLOOR = 29
SAME = 99  # stands for infinity


def main():
    title, ours, theirs = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    names = names_of(ours)
    if not names or names != names_of(theirs):
        sys.exit(f"{title}: {len(names)} renditions in {ours}, not those in {theirs}")
    values = {name: psnr(ours / name, theirs / name) for name in names}
    worst = min(values, key=values.get)
    middle, least = median(values.values()), values[worst]
    good = middle >= MEDIAN_FLOOR and least >= LEAST_FLOOR
    print(
        f"{title:10} {len(names)} pictures: median {middle:.1f} dB, minimum {least:.1f} dB"
        f" ({worst}): {'ok' if good else f'below {MEDIAN_FLOOR} or {LEAST_FLOOR} dB'}"
    )
    sys.exit(not good)


def names_of(folder):
    return {path.name for path in folder.iterdir()}


def psnr(one, other):
    with Image.open(one) as a, Image.open(other) as b:
        if a.size != b.size:
            sys.exit(f"{one}: {a.size}, {other}: {b.size}")
        mode = "L" if "L" in (a.mode, b.mode) else "RGB"
        squares = ImageStat.Stat(ImageChops.difference(a.convert(mode), b.convert(mode))).sum2
        samples = a.width * a.height * len(squares)
    error = sum(squares) / samples
    return 10 * math.log10(255**2 / error) if error else SAME


if __name__ == "__main__":
    main()
