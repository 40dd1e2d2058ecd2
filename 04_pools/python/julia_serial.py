import cmath
import time


def finite_iterations(z, c, iterations):
    for count in range(iterations):
        try:
            z = z * z + c
        except OverflowError:
            return count
        if not cmath.isfinite(z):
            return count
    return iterations


if __name__ == "__main__":
    cells, c = 40, -0.8 - 0.22j
    side = 2 * cells
    start = time.perf_counter()
    grid = [complex(-2 + 2 * x / cells, -2 + 2 * y / cells) for y in range(side) for x in range(side)]
    counts = [finite_iterations(z, c, 80) for z in grid]
    seconds = time.perf_counter() - start
    print(f"{side} x {side} points, c = {c}: {seconds:.2f} s")
    print(f"{sum(counts)} iterations in which z was finite")

# Prints:
#   80 x 80 points, c = (-0.8-0.22j): … s
#   … iterations in which z was finite
