import random
import time
from multiprocessing import Pool, current_process


def square(x):
    print(f"    {current_process().name} is working on the value {x}", flush=True)
    time.sleep(random.uniform(0, 0.1))
    return x * x


if __name__ == "__main__":
    with Pool(4) as pool:
        print(pool.map(square, range(10), chunksize=1))

# Ends with:
#   [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
