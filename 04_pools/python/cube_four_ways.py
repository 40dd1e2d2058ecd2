import time
from multiprocessing import Pool


def cube(x):
    time.sleep(0.05)  # stands in for work
    return x**3


def show(way, get_cubes):
    start = time.perf_counter()
    cubes = get_cubes()
    seconds = time.perf_counter() - start
    print(f"{way + ':':12} {cubes} {seconds:.2f} s")


if __name__ == "__main__":
    processes = 3
    numbers = range(1, 7)
    with Pool(processes) as pool:

        def ask_for_each():
            promised = [pool.apply_async(cube, (x,)) for x in numbers]
            return [result.get() for result in promised]  # waits for the results

        # One call after the other, so only one worker is busy at a time.
        show("apply", lambda: [pool.apply(cube, (x,)) for x in numbers])
        # Many calls, shared by all workers.
        show("map", lambda: pool.map(cube, numbers))
        # Single calls that run while this process continues, here with the next call.
        show("apply_async", ask_for_each)
        # Many calls that run while this process continues.
        promised = pool.map_async(cube, numbers)
        print("map_async returns at once")
        show("map_async", promised.get)

# Prints:
#   apply:       [1, 8, 27, 64, 125, 216] … s
#   map:         [1, 8, 27, 64, 125, 216] … s
#   apply_async: [1, 8, 27, 64, 125, 216] … s
#   map_async returns at once
#   map_async:   [1, 8, 27, 64, 125, 216] … s
