import random
import tempfile
import time

from joblib import Memory, Parallel, delayed


def points_inside(seed, points, part):
    print(f"    computes part {part}", flush=True)
    generator = random.Random(f"{seed} {part}")
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points))


def estimate_pi(when, cached, points, seed):
    start = time.perf_counter()
    # The part's number makes the calls differ. Without it all would have the same result.
    inside = Parallel(n_jobs=2)(delayed(cached)(seed, points, part) for part in range(4))
    seconds = time.perf_counter() - start
    print(f"{when}: pi is about {sum(inside) / points:.6f}, after {seconds:.3f} s", flush=True)


if __name__ == "__main__":
    points, seed = 20_000, 1
    with tempfile.TemporaryDirectory() as folder:
        cached = Memory(folder, verbose=0).cache(points_inside)
        estimate_pi("The first time", cached, points, seed)
        estimate_pi("Again", cached, points, seed)
        estimate_pi("With twice as many points", cached, 2 * points, seed)

# Prints, in any order:
#   computes part 0
#   computes part 1
#   computes part 2
#   computes part 3
#   The first time: pi is about 3.1…, after … s
#   Again: pi is about 3.1…, after … s
#   computes part 0
#   computes part 1
#   computes part 2
#   computes part 3
#   With twice as many points: pi is about 3.1…, after … s
