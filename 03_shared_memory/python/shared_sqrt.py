import ctypes
import math
from multiprocessing import Array, Process


def distribute(items, processes):
    size = (items + processes - 1) // processes
    return [(begin, min(begin + size, items)) for begin in range(0, items, size)]


def take_roots(data, begin, end):
    for i in range(begin, end):
        data[i] = math.sqrt(data[i])


if __name__ == "__main__":
    items, processes = 100, 4
    data = Array(ctypes.c_double, range(items), lock=False)  # no element is in two slices
    slices = distribute(items, processes)
    workers = [Process(target=take_roots, args=(data, begin, end)) for begin, end in slices]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    print("slices:", slices)
    roots = ", ".join(f"{root:.4f}" for root in data[:10])
    print(f"roots:  [{roots}, …]")

# Prints:
#   slices: [(0, 25), (25, 50), (50, 75), (75, 100)]
#   roots:  [0.0000, 1.0000, 1.4142, 1.7321, 2.0000, 2.2361, 2.4495, 2.6458, 2.8284, 3.0000, …]
