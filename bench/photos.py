#!/usr/bin/python3
"""Make the photo set of the benchmarks, once, from Debian's wallpapers.

    photos.py [FOLDER]        default: bench/out/photos

FOLDER/small gets 1,000 photos of 500×375, FOLDER/large 24 of 4032×3024, all cut
from the photographs of a few wallpaper packages. Which part becomes which photo
is fixed, so every machine with the same packages and the same Pillow makes the
same set. The packages are only fetched and unpacked, not installed. A set that is
there already is left alone; an interrupted one is made anew.
"""

import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

APT = ["apt-get", "-qq", "-o", "APT::Sandbox::User="]  # its own user cannot write here
PACKAGES = [
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "plasma-workspace-wallpapers",
]

# The pictures of these packages that a camera took.
BACKGROUNDS = """
    Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly Kleiber_by_Lukas_Baubkus
    Picture_0B_by_freespace Picture_1A_by_freespace Wine_by_Jakkub_Mede
    aitzgorri_by_Aitzol_Berasategi free_by_Peter_Nerlich friends_by_Aitzol_Berasategi
    greentock_by_Peter_Nerlich life_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
    seeding_by_Clements_Engelhardt sunset_by_Aitzol_Berasategi mate/nature/Aqua
    mate/nature/Blinds mate/nature/Dune mate/nature/FreshFlower mate/nature/Garden
    mate/nature/GreenMeadow mate/nature/LadyBird mate/nature/RainDrops mate/nature/Storm
    mate/nature/TwoWings mate/nature/YellowFlower
""".split()
WALLPAPERS = """
    BytheWater ColdRipple ColorfulCups EveningGlow FallenLeaf Grey Kite OneStandsOut Path
""".split()

# zoom is the width of the narrowest part that is cut, of the widest possible.
SMALL = {"folder": "small", "count": 1000, "size": (500, 375), "quality": 90, "zoom": 0.5}
LARGE = {"folder": "large", "count": 24, "size": (4032, 3024), "quality": 92, "zoom": 0.85}
LARGE_SOURCES = 6  # so many are large enough to need no or little enlarging

GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples fill 0 to 1 evenly, and so do its square's


def main():
    default = Path(__file__).resolve().parent / "out" / "photos"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if target.exists():
        return
    print(f"making the photo set in {target}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "made"
        make(sources(unpack(Path(scratch) / "packages")), made)
        made.rename(target)


def unpack(folder):
    """Fetch the packages and unpack them into the folder."""
    folder.mkdir()
    if os.geteuid() == 0:  # a bare machine has no lists of packages yet
        subprocess.run([*APT, "update"], check=True)
    subprocess.run([*APT, "download", *PACKAGES], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


def sources(folder):
    """Return the photographs among the unpacked packages."""
    share = folder / "usr/share"
    return [
        *(share / "backgrounds" / f"{name}.jpg" for name in BACKGROUNDS),
        *(share / "wallpapers" / name / "contents/images/2560x1600.jpg" for name in WALLPAPERS),
    ]


def make(found, target):
    """Make both halves of the set below target; one task for each source."""
    largest = sorted(found, key=widest_of, reverse=True)[:LARGE_SOURCES]
    tasks = [*deal(LARGE, largest, target), *deal(SMALL, found, target)]
    for half in (SMALL, LARGE):
        (target / half["folder"]).mkdir(parents=True)
    with multiprocessing.Pool() as pool:
        pool.map(cut, tasks, chunksize=1)


def deal(half, found, target):
    """Deal the photos of one half of the set out to the sources, in turn."""
    folder = target / half["folder"]
    return [(half, path, folder, range(first, half["count"], len(found))) for first, path in enumerate(found)]


def cut(task):
    """Cut the photos with the given numbers from one source."""
    half, path, folder, numbers = task
    with Image.open(path) as picture:
        picture = picture.convert("RGB")
    for number in numbers:
        box = window(picture.size, number, half["zoom"])
        photo = picture.resize(half["size"], Image.LANCZOS, box=box)
        photo.save(folder / f"photo{number:04}.jpg", quality=half["quality"])


def window(size, number, zoom):
    """Return the part of a picture, of shape 4:3, that becomes the photo with this number."""
    width = widest(size) * (zoom + (1 - zoom) * (number * GOLDEN % 1))
    height = width * 3 / 4
    left = (size[0] - width) * (number * GOLDEN**2 % 1)
    top = (size[1] - height) * (number * GOLDEN**3 % 1)
    return left, top, left + width, top + height


def widest_of(path):
    with Image.open(path) as picture:
        return widest(picture.size)


def widest(size):
    """Return the width of the largest part of shape 4:3."""
    return min(size[0], size[1] * 4 / 3)


if __name__ == "__main__":
    main()
