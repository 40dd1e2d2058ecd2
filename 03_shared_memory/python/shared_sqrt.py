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
    data = Array(ctypes.c_double, range(100), lock=False)  # no element is in two slices
    slices = distribute(len(data), 4)
    workers = [Process(target=take_roots, args=(data, begin, end)) for begin, end in slices]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(slices)
    print([round(root, 4) for root in data[:4]])

# Prints:
#   [(0, 25), (25, 50), (50, 75), (75, 100)]
#   [0.0, 1.0, 1.4142, 1.7321]
