import random
import time
from collections import Counter
from socket import gethostname

try:  # mpirun -n 9 python3 -m mpi4py.futures cluster_pi.py
    from mpi4py.futures import MPIPoolExecutor as Executor
    from mpi4py.MPI import COMM_WORLD

    on_cluster = COMM_WORLD.size > 1
except ImportError:
    on_cluster = False
if not on_cluster:
    from concurrent.futures import ProcessPoolExecutor as Executor


def points_inside(seed, points):
    draw = random.Random(seed).random
    return sum(draw() ** 2 + draw() ** 2 <= 1 for _ in range(points))


def host(_):
    return gethostname()


if __name__ == "__main__":
    parts, points = 20, 10_000
    with Executor() as pool:
        print("Tasks ran on:", dict(Counter(pool.map(host, range(parts)))))
        start = time.perf_counter()
        inside = sum(pool.map(points_inside, range(parts), [points] * parts))
        together = time.perf_counter() - start
    start = time.perf_counter()
    inside_alone = sum(points_inside(part, points) for part in range(parts))
    alone = time.perf_counter() - start

    print(f"One process: {alone:.2f} s, all workers: {together:.2f} s, speed-up {alone / together:.2f}")
    print("They found", "the same" if inside == inside_alone else "different numbers")
    print(f"pi is about {4 * inside / (parts * points):.2f}")

# Prints:
#   Tasks ran on: …
#   One process: … s, all workers: … s, speed-up …
#   They found the same
#   pi is about 3.14
