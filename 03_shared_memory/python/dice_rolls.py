import ctypes
import random
from multiprocessing import Array, Process


def roll(seed, times):
    generator = random.Random(seed)
    counts = [0] * 6
    for _ in range(times):
        counts[generator.randrange(6)] += 1
    return counts


def roll_part(total, seed, times):
    own = roll(seed, times)  # the long part, without a lock
    with total.get_lock():  # the short part
        for face in range(6):
            total[face] += own[face]


def roll_all(processes, rolls):
    total = Array(ctypes.c_int64, 6)
    workers = [Process(target=roll_part, args=(total, part, rolls // processes)) for part in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return total[:]


if __name__ == "__main__":
    rolls, processes = 100_000, 4
    counts = roll_all(processes, rolls)
    print(f"Counts after {sum(counts)} rolls: {counts}")
    print(f"Frequencies: {[count / rolls for count in counts]}")

# Prints:
#   Counts after 100000 rolls: […, …, …, …, …, …]
#   Frequencies: [0.1…, 0.1…, 0.1…, 0.1…, 0.1…, 0.1…]
