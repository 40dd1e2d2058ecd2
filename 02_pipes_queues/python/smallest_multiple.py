import random
import time
from multiprocessing import Process, Queue


def smallest_multiple(factor, seed, points):
    generator = random.Random(seed)
    numbers = (generator.randrange(1, 1000) for _ in range(points))
    return min((number for number in numbers if number % factor == 0), default=None)


def search_part(results, factor, seed, points):
    results.put(smallest_multiple(factor, seed, points))


def search(processes, points, factor):
    results = Queue()
    for part in range(processes):
        Process(target=search_part, args=(results, factor, part, points // processes)).start()
    found = [results.get() for _ in range(processes)]
    # A part that found nothing put None.
    return min((number for number in found if number is not None), default=None)


if __name__ == "__main__":
    points, processes, factor = 100_000, 2, 7
    start = time.perf_counter()
    smallest = search(processes, points, factor)
    print(f"Processes: {processes}, time taken: {time.perf_counter() - start:.3f} s")
    if smallest is None:
        print(f"There is no multiple of {factor} in the data")
    else:
        print(f"The smallest multiple of {factor} in the data is {smallest}")

# Prints:
#   Processes: 2, time taken: … s
#   The smallest multiple of 7 in the data is 7
