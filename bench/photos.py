#!/usr/bin/python3
"""Make the photo set of the benchmarks, once, from Debian's wallpapers.

    photos.py [FOLDER]        default: bench/out/photos

FOLDER/small gets 1,000 photos of 500×375; FOLDER/large 48 of 4032×3024, a third of
them 4:2:2, four progressive; FOLDER/big 15 pictures 4,000 wide, five each of JPEG,
PNG and TIFF. All are cut from the pictures of a few wallpaper packages at fixed
places, so every machine with the same packages and the same Pillow makes the same
set: FOLDER/edition has the digest to compare. The packages are only fetched and
unpacked, not installed. A set of this edition is left alone; any other one, such as
an interrupted one, is made anew.
"""

import hashlib
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from PIL import Image

EDITION = 3  # to be raised with every change of what is made

APT = ["apt-get", "-qq", "-o", "APT::Sandbox::User="]  # its own user cannot write here
PACKAGES = [
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "plasma-workspace-wallpapers",
    "ukui-wallpapers",
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

# What becomes big, photographs and drawings, by the format.
BIG = {
    "jpg": """
        Dragonfly_by_Bolly.jpg seeding_by_Clements_Engelhardt.jpg
        life_by_Aitzol_Berasategi.jpg 2004default.jpg gnome/wood-l.webp
    """,
    "png": """
        sunset_by_Aitzol_Berasategi.jpg Kleiber_by_Lukas_Baubkus.jpg
        picosdeeuropa_by_Aitzol_Berasategi.jpg rhythm.jpg calla.png
    """,
    "tif": """
        Bridge_by_Sander_Klootwijk.jpg aitzgorri_by_Aitzol_Berasategi.jpg
        greentock_by_Peter_Nerlich.jpg string.jpg the-mouse.jpg
    """,
}
BIG_WIDTH = 4000

LARGE_SOURCES = 6  # so many are large enough to need no or little enlarging
PROGRESSIVE = {5, 16, 30, 43}

GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples fill 0 to 1 evenly, and so do its square's


@dataclass(frozen=True)
class Photo:
    """One picture of the set."""

    source: Path
    name: str  # below the set's folder
    size: tuple
    box: tuple  # the part of the source that it shows
    options: dict  # for Pillow's save


def main():
    default = Path(__file__).resolve().parent / "out" / "photos"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    if edition_of(target) == EDITION:
        return
    print(f"making the photo set in {target}", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "made"
        make(unpack(Path(scratch) / "packages") / "usr/share", made)
        (made / "edition").write_text(f"{EDITION} {digest(made)}\n")
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)


def edition_of(target):
    """Return the edition of a whole set, or None."""
    stamp = target / "edition"
    return int(stamp.read_text().split()[0]) if stamp.exists() else None


def unpack(folder):
    """Fetch the packages and unpack them into the folder."""
    folder.mkdir()
    if os.geteuid() == 0:  # a bare machine has no lists of packages yet
        subprocess.run([*APT, "update"], check=True)
    subprocess.run([*APT, "download", *PACKAGES], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


def make(share, target):
    """Make the whole set below target; one task for each source."""
    found = [
        *(share / "backgrounds" / f"{name}.jpg" for name in BACKGROUNDS),
        *(share / "wallpapers" / name / "contents/images/2560x1600.jpg" for name in WALLPAPERS),
    ]
    photos = [*small(found), *large(found), *big(share / "backgrounds")]
    for folder in {Path(photo.name).parent for photo in photos}:
        (target / folder).mkdir(parents=True)
    by_source = attrgetter("source")
    tasks = [(target, list(some)) for _, some in groupby(sorted(photos, key=by_source), by_source)]
    with multiprocessing.Pool() as pool:
        pool.map(cut, tasks, chunksize=1)


def small(found):
    for number in range(1000):
        source = found[number % len(found)]
        box = window(size_of(source), number, 0.5)
        yield Photo(source, f"small/photo{number:04}.jpg", (500, 375), box, {"quality": 90})


def large(found):
    largest = sorted(found, key=lambda source: widest(size_of(source)), reverse=True)[:LARGE_SOURCES]
    for number in range(48):
        turn, source = divmod(number, LARGE_SOURCES)
        options = {
            "quality": 92,
            "subsampling": "4:2:2" if (number + turn) % 3 == 0 else "4:2:0",
            "progressive": number in PROGRESSIVE,
        }
        box = window(size_of(largest[source]), number, 0.85)
        yield Photo(largest[source], f"large/photo{number:04}.jpg", (4032, 3024), box, options)


def big(backgrounds):
    for suffix, names in BIG.items():
        for number, name in enumerate(names.split()):
            source = backgrounds / name
            width, height = size_of(source)
            size = BIG_WIDTH, round(BIG_WIDTH * height / width)
            options = {"quality": 92} if suffix == "jpg" else {}
            if suffix == "tif" and number % 2:
                options["compression"] = "tiff_lzw"
            yield Photo(source, f"big/{suffix}{number}.{suffix}", size, (0, 0, width, height), options)


def cut(task):
    """Cut all photos of one source."""
    target, photos = task
    with Image.open(photos[0].source) as picture:
        picture = picture.convert("RGB")
    picture.info.clear()  # no colour profiles: the contenders do not agree on what to do with them
    for photo in photos:
        picture.resize(photo.size, Image.LANCZOS, box=photo.box).save(target / photo.name, **photo.options)


def window(size, number, zoom):
    """Return the part of a picture, of shape 4:3, that becomes the photo with this number.

    zoom is the width of the narrowest part that is cut, of the widest possible.
    """
    width = widest(size) * (zoom + (1 - zoom) * (number * GOLDEN % 1))
    height = width * 3 / 4
    left = (size[0] - width) * (number * GOLDEN**2 % 1)
    top = (size[1] - height) * (number * GOLDEN**3 % 1)
    return left, top, left + width, top + height


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


def widest(size):
    """Return the width of the largest part of shape 4:3."""
    return min(size[0], size[1] * 4 / 3)


def digest(folder):
    """Return a short digest of all files of the set."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*/*")):
        total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


if __name__ == "__main__":
    main()
