import random
import tempfile

from joblib import Memory


def points_inside(points, part):
    print(f"computing part {part}")
    generator = random.Random(part)
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        cached = Memory(folder, verbose=0).cache(points_inside)
        for _ in range(2):  # the second time, everything comes from disk
            inside = sum(cached(50_000, part) for part in range(2))
            print(f"pi is about {4 * inside / 100_000:.2f}")

# Prints:
#   computing part 0
#   computing part 1
#   pi is about 3.1…
#   pi is about 3.1…
