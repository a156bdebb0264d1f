"""What a workload makes of each source, and whether a file is that."""

import io
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image
from PIL.JpegImagePlugin import get_sampling

SAMPLING_420 = 2  # as Pillow names 4:2:0


@dataclass(frozen=True)
class Rendition:
    preset: str  # its name in presets.yaml, and in the rivals' scripts
    name: str  # of the file, with {stem} for that of the source
    box: tuple  # width and height in pixels
    fit: str = "inside"  # or fill: exactly the box
    quality: int = 0  # of a 4:2:0 JPEG; 0: a gray PNG
    sigma: float = 0  # of the blur before the resize

    def size(self, source):
        """Return the width and height that a source of this size gives."""
        if self.fit == "fill":
            return self.box
        scale = min(1, self.box[0] / source[0], self.box[1] / source[1])
        return round(source[0] * scale), round(source[1] * scale)

    def fault(self, path, source):
        """Say what is wrong with a file that should be the rendition of a source of this size."""
        if not path.exists():
            return "is missing"
        with Image.open(path) as picture:
            if picture.size != self.size(source):
                return f"is {picture.size}, not {self.size(source)}"
            coded, wanted = coding(picture), jpeg_coding(self.quality) if self.quality else ("PNG", "L")
        return None if coded == wanted else f"is coded as {coded}, not as {wanted}"


def coding(picture):
    """Return what must be the same for files of one format to be comparable."""
    if picture.format != "JPEG":
        return picture.format, picture.mode
    sampling = SAMPLING_420 if picture.mode == "L" else get_sampling(picture)  # gray has no chroma to sample
    return picture.format, sampling, list(picture.quantization[0])


@lru_cache
def jpeg_coding(quality):
    """Return the coding of a 4:2:0 JPEG with libjpeg's tables for this quality."""
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, "JPEG", quality=quality, subsampling=SAMPLING_420)
    with Image.open(file) as picture:
        return coding(picture)


THUMBNAIL = Rendition("thumbnail", "{stem}_thumbnail.jpg", (128, 128), quality=75)
PREVIEW = Rendition("preview", "{stem}_preview.jpg", (256, 256), quality=80)
SOFT_GRAY = Rendition("soft-gray", "processed_{stem}.png", (128, 128), fit="fill", sigma=10)
SQUARE = Rendition("square", "{stem}.jpg", (300, 300), fit="fill", quality=75)
SIZES = tuple(
    Rendition(f"size{side}", f"{{stem}}_{side}.jpg", (side, side), quality=80) for side in (1920, 1280, 640, 128)
)
WHOLE = Rendition("whole", "{stem}.jpg", (4032, 3024), quality=80)
