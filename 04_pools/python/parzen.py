import math
import random
import time
from multiprocessing import Pool

points = []  # of which every process has its own copy


def draw_points(count, seed):
    if points:  # a forked worker inherits those of its parent
        return
    generator = random.Random(seed)
    points.extend((generator.gauss(0, 1), generator.gauss(0, 1)) for _ in range(count))


def share_inside(width):
    inside = sum(max(abs(x), abs(y)) <= width / 2 for x, y in points)
    return inside / len(points)


if __name__ == "__main__":
    count, seed = 20_000, 1
    draw_points(count, seed)
    print("width  inside / width  density = inside / area")
    for width in (i / 10 for i in range(1, 13)):
        inside = share_inside(width)
        print(f"{width:5.1f}  {inside / width:14.4f}  {inside / width**2:23.4f}")
    print(f"exactly, at the origin: {1 / (2 * math.pi):21.5f}")

    widths = [1 + 0.2 * i / 49 for i in range(50)]
    start = time.perf_counter()
    shares = [share_inside(width) for width in widths]
    serial = time.perf_counter() - start
    print(f"serial      {1000 * serial:8.2f} ms")
    for processes in (2, 3, 4, 6):
        with Pool(processes, initializer=draw_points, initargs=(count, seed)) as pool:
            start = time.perf_counter()
            shares = pool.map(share_inside, widths)
            seconds = time.perf_counter() - start
        print(f"{processes} processes {1000 * seconds:8.2f} ms  {serial / seconds:.2f} times as fast")

# Begins with:
#   width  inside / width  density = inside / area
#   0.1 …
#   0.2 …
