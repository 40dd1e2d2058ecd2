from multiprocessing import Pool


def cube(x):
    return x**3


if __name__ == "__main__":
    numbers = range(1, 7)
    with Pool(4) as pool:
        print("apply:      ", [pool.apply(cube, (x,)) for x in numbers])
        print("map:        ", pool.map(cube, numbers))
        pending = [pool.apply_async(cube, (x,)) for x in numbers]
        print("apply_async:", [result.get() for result in pending])
        print("map_async:  ", pool.map_async(cube, numbers).get())

# Prints:
#   apply:       [1, 8, 27, 64, 125, 216]
#   map:         [1, 8, 27, 64, 125, 216]
#   apply_async: [1, 8, 27, 64, 125, 216]
#   map_async:   [1, 8, 27, 64, 125, 216]
