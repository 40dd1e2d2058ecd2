from multiprocessing import Pool


def add(x, y):
    return x + y


if __name__ == "__main__":
    pairs = [(x, x) for x in range(8)]
    with Pool(4) as pool:
        sums = pool.starmap(add, pairs)
    print(sums)

# Prints:
#   [0, 2, 4, 6, 8, 10, 12, 14]
