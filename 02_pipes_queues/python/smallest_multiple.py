import random
from multiprocessing import Process, Queue


def smallest_multiple(results, points, factor, seed):
    numbers = random.Random(seed)
    multiples = (number for number in (numbers.randrange(1, 1000) for _ in range(points)) if number % factor == 0)
    results.put(min(multiples, default=None))


if __name__ == "__main__":
    points, processes, factor = 100_000, 2, 7
    results = Queue()
    for part in range(processes):
        Process(target=smallest_multiple, args=(results, points // processes, factor, part)).start()
    found = [results.get() for _ in range(processes)]
    # A part that found nothing put None.
    print(f"The smallest multiple of {factor} in the data is {min(f for f in found if f is not None)}")

# Prints:
#   The smallest multiple of 7 in the data is 7
