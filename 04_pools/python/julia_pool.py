import cmath
import time
from functools import partial
from multiprocessing import Pool

c = -0.83 - 0.22j


def finite_iterations(z, iterations):
    for count in range(iterations):
        try:
            z = z * z + c
        except OverflowError:
            return count
        if not cmath.isfinite(z):
            return count
    return iterations


def julia_slice(cells, slices, number):
    rows = range(2 * cells * number // slices, 2 * cells * (number + 1) // slices)
    points = (complex(-2 + 2 * x / cells, -2 + 2 * y / cells) for y in rows for x in range(2 * cells))
    return [finite_iterations(z, 80) for z in points]


if __name__ == "__main__":
    cells = 60
    start = time.perf_counter()
    picture = julia_slice(cells, 1, 0)
    print(f"serial: {time.perf_counter() - start:.3f} s")
    for processes in (1, 2):
        with Pool(processes) as pool:
            for slices in (1, 4, 16):
                start = time.perf_counter()
                # All slices share these arguments; the missing last one is the slice's number.
                parts = pool.map(partial(julia_slice, cells, slices), range(slices), chunksize=1)
                picture = [count for part in parts for count in part]
                print(f"processes {processes}, slices {slices}: {time.perf_counter() - start:.3f} s")
    print(f"{sum(picture)} iterations in which z was finite")

# Begins with:
#   serial: … s
#   processes 1, slices 1: … s
