import random
import time
from functools import partial
from multiprocessing import Pool, current_process


def product(max_seconds, x, y):
    print(f"    {current_process().name} is working on the values {x} and {y}", flush=True)
    wait = random.uniform(0, max_seconds)
    time.sleep(wait)
    return x * y


if __name__ == "__main__":
    processes, max_seconds = 4, 0.1
    pairs = [(i, i + 1) for i in range(10)]
    print(f"MainProcess: the pairs are {pairs}", flush=True)
    with Pool(processes) as pool:
        products = pool.starmap(partial(product, max_seconds), pairs, chunksize=1)
    print(f"MainProcess: the products are {products}")

# Ends with:
#   MainProcess: the products are [0, 2, 6, 12, 20, 30, 42, 56, 72, 90]
