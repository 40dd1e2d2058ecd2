import random
import time
from functools import partial
from multiprocessing import Pool, current_process


def square(max_seconds, x):
    print(f"    {current_process().name} is working on the value {x}", flush=True)
    wait = random.uniform(0, max_seconds)
    time.sleep(wait)
    return x * x


if __name__ == "__main__":
    values = list(range(10))
    print(f"MainProcess: the values are {values}", flush=True)
    with Pool(4) as pool:
        # One value at a time, so the worker that is ready first gets the next one.
        results = pool.map(partial(square, 0.1), values, chunksize=1)
    print(f"MainProcess: the results are {results}")

# Ends with:
#   MainProcess: the results are [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
