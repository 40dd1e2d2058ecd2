import ctypes
from multiprocessing import Barrier, Process, Value


def increment(value, barrier, times):
    barrier.wait()  # all start together
    for _ in range(times):
        # Reading takes the value's lock, and so does writing, but between the two it is free.
        value.value += 1


if __name__ == "__main__":
    times, processes = 200_000, 4
    value, barrier = Value(ctypes.c_int64, 0), Barrier(processes)
    workers = [Process(target=increment, args=(value, barrier, times)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    expected = times * processes
    print(f"expected: {expected}")
    print(f"found:    {value.value}")
    print(f"lost any: {value.value < expected}")

# Prints:
#   expected: 800000
#   found:    …
#   lost any: True
