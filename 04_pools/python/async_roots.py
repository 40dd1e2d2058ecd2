import math
import time
from multiprocessing import Pool


def root(x):
    time.sleep(0.02)  # stands in for work
    return math.sqrt(x)


if __name__ == "__main__":
    with Pool(4) as pool:
        promised = [pool.apply_async(root, (x,)) for x in range(10)]

        # The main process is free to do something else until it needs the results.
        counted = 0
        while not promised[-1].ready():
            counted += 1
        print("Meanwhile the main process counted to", counted)

        roots = [result.get() for result in promised]
        print([round(root, 3) for root in roots])

# Prints:
#   Meanwhile the main process counted to …
#   [0.0, 1.0, 1.414, 1.732, 2.0, 2.236, 2.449, 2.646, 2.828, 3.0]
