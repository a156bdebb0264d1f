"""How alike a rendition is to the best that could be made of its source.

The best is the whole source decoded, blurred by a true Gaussian where the rendition
is, resized with Lanczos, all in 32-bit floating point, and never encoded. Compared is
the luma of both, by the structural similarity of Wang et al. (2004): Gaussian window
of 11×11 and sigma 1.5, K1 0.01, K2 0.03, the mean over all whole windows.
"""

import multiprocessing
import os
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is a process for each processor

import numpy
from PIL import Image

LUMA = numpy.float32([0.299, 0.587, 0.114])
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def scores(sources, renditions, files):
    """Return the similarities of all files, a list for each contender.

    files(source, rendition) are the paths of one rendition, of each contender in turn.
    """
    tasks = [(source, rendition, files(source, rendition)) for source in sources for rendition in renditions]
    with multiprocessing.Pool() as pool:
        return list(zip(*pool.map(scores_of_one, tasks, chunksize=1)))


def scores_of_one(task):
    source, rendition, paths = task
    best = reference(source, rendition)
    return [ssim(best, luma(path)) for path in paths]


def luma(path):
    with Image.open(path) as picture:
        if picture.mode == "L":
            return numpy.asarray(picture, numpy.float32)
        return numpy.asarray(picture.convert("RGB"), numpy.float32) @ LUMA


def reference(source, rendition):
    """Return the luma of the best rendition."""
    plane = luma(source)
    for length in rendition.size(plane.shape[::-1]):  # along the rows, then along the columns
        if rendition.sigma:
            plane = blur(plane, rendition.sigma)
        resized = Image.fromarray(plane).resize((length, len(plane)), Image.LANCZOS)
        plane = numpy.ascontiguousarray(numpy.asarray(resized).T)
    return plane.clip(0, 255)


def blur(plane, sigma):
    """Blur along the rows; beyond the edge its sample goes on."""
    radius = round(4 * sigma)
    return weigh(gaussian(radius, sigma), numpy.pad(plane, [(0, 0), (radius, radius)], "edge"))


def gaussian(radius, sigma):
    kernel = numpy.exp(-numpy.arange(-radius, radius + 1) ** 2 / (2 * sigma**2))
    return numpy.float32(kernel / kernel.sum())


def weigh(kernel, plane):
    """Return the weighted sums along the rows, where the whole kernel fits."""
    length = plane.shape[1] - len(kernel) + 1
    total = kernel[0] * plane[:, :length]
    for start in range(1, len(kernel)):
        total += kernel[start] * plane[:, start : start + length]
    return total


def ssim(a, b):
    window = partial(weigh, gaussian(5, 1.5))
    mean = lambda plane: window(window(plane).T).T
    mean_a, mean_b = mean(a), mean(b)
    aa, bb, ab = mean_a**2, mean_b**2, mean_a * mean_b
    variances = mean(a * a) - aa + mean(b * b) - bb
    covariance = mean(a * b) - ab
    return float(numpy.mean((2 * ab + C1) * (2 * covariance + C2) / ((aa + bb + C1) * (variances + C2))))
