import random
import time
from multiprocessing import Pool, cpu_count


def points_inside(points, seed):
    generator = random.Random(seed)
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points))


if __name__ == "__main__":
    points = 400_000
    for processes in range(1, min(cpu_count(), 4) + 1):
        start = time.perf_counter()
        with Pool(processes) as pool:
            inside = pool.starmap(points_inside, [(points // processes, part) for part in range(processes)])
        seconds = time.perf_counter() - start
        print(f"{processes} processes: pi is about {4 * sum(inside) / points:.4f}, {seconds:.3f} s")

# Begins with:
#   1 processes: pi is about 3.1…, … s
