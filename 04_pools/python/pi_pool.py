import math
import random
import time
from multiprocessing import Pool, cpu_count


def points_inside(points, seed):
    generator = random.Random(seed)
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points))


def estimate_pi(processes, points):
    parts = [(points // processes, part) for part in range(processes)]
    with Pool(processes) as pool:
        inside = pool.starmap(points_inside, parts)
    return 4 * sum(inside) / points


if __name__ == "__main__":
    points = 400_000
    print("processes  estimate     error  seconds  speed-up  efficiency")
    for n in range(1, min(cpu_count(), 4) + 1):
        start = time.perf_counter()
        estimate = estimate_pi(n, points)
        seconds = time.perf_counter() - start
        if n == 1:
            alone = seconds
        speed_up = alone / seconds
        error = abs(estimate - math.pi)
        print(f"{n:9}  {estimate:.6f}  {error:8.6f}  {seconds:7.3f}  {speed_up:8.2f}  {100 * speed_up / n:9.0f}%")
    print(f"pi is about {estimate:.6f}")

# Begins with:
#   processes  estimate     error  seconds  speed-up  efficiency
#   1  3.1…  0.00…  …  1.00        100%
