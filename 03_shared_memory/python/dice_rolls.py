import ctypes
import random
from multiprocessing import Array, Process


def roll(total, times, seed):
    generator = random.Random(seed)
    own = [0] * 6
    for _ in range(times):
        own[generator.randrange(6)] += 1
    with total.get_lock():  # only for the short part
        for face in range(6):
            total[face] += own[face]


if __name__ == "__main__":
    rolls, processes = 100_000, 4
    total = Array(ctypes.c_int64, 6)
    workers = [Process(target=roll, args=(total, rolls // processes, part)) for part in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"Counts: {total[:]}")
    print(f"{sum(total)} rolls")

# Prints:
#   Counts: […, …, …, …, …, …]
#   100000 rolls
