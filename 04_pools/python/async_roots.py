import math
from multiprocessing import Pool

if __name__ == "__main__":
    with Pool() as pool:
        promised = [pool.apply_async(math.sqrt, (x,)) for x in range(10)]
        print([round(result.get(), 3) for result in promised])

# Prints:
#   [0.0, 1.0, 1.414, 1.732, 2.0, 2.236, 2.449, 2.646, 2.828, 3.0]
