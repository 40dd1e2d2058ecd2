import random
import time
from multiprocessing import Pool, current_process


def product(x, y):
    print(f"    {current_process().name} is working on the values {x} and {y}", flush=True)
    time.sleep(random.uniform(0, 0.1))
    return x * y


if __name__ == "__main__":
    with Pool(4) as pool:
        print(pool.starmap(product, [(i, i + 1) for i in range(10)], chunksize=1))

# Ends with:
#   [0, 2, 6, 12, 20, 30, 42, 56, 72, 90]
