import random
from multiprocessing import Pool

points = []


def draw_points(count, seed):
    generator = random.Random(seed)
    points[:] = [(generator.gauss(0, 1), generator.gauss(0, 1)) for _ in range(count)]


def density(width):
    inside = sum(max(abs(x), abs(y)) <= width / 2 for x, y in points)
    return inside / len(points) / width**2


if __name__ == "__main__":
    widths = [0.4, 0.8, 1.2]
    with Pool(2, initializer=draw_points, initargs=(50_000, 1)) as pool:
        for width, value in zip(widths, pool.map(density, widths)):
            print(f"{width}: {value:.4f}")

# Prints:
#   0.4: 0.1…
#   0.8: 0.1…
#   1.2: 0.1…
