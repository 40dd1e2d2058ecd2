from multiprocessing import Pool


def add(x, y):
    return x + y


if __name__ == "__main__":
    with Pool(4) as pool:
        print(pool.starmap(add, zip(range(8), range(8))))

# Prints:
#   [0, 2, 4, 6, 8, 10, 12, 14]
