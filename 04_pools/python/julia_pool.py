import cmath
from functools import partial
from multiprocessing import Pool


def finite_iterations(z, c, iterations):
    for count in range(iterations):
        try:
            z = z * z + c
        except OverflowError:
            return count
        if not cmath.isfinite(z):
            return count
    return iterations


def julia_slice(rows, cells, c):
    points = (complex(-2 + 2 * x / cells, -2 + 2 * y / cells) for y in rows for x in range(2 * cells))
    return [finite_iterations(z, c, 80) for z in points]


if __name__ == "__main__":
    cells, slices = 40, 8
    height = 2 * cells // slices
    rows = [range(first, first + height) for first in range(0, 2 * cells, height)]
    with Pool(2) as pool:
        parts = pool.map(partial(julia_slice, cells=cells, c=-0.83 - 0.22j), rows)
    picture = [count for part in parts for count in part]
    print(f"{len(parts)} slices, {len(picture)} points")

# Prints:
#   8 slices, 6400 points
