from multiprocessing import Pool


def square_and_one(x):
    return x * x + 1


if __name__ == "__main__":
    with Pool(4) as pool:
        print(pool.map(square_and_one, range(8)))

# Prints:
#   [1, 2, 5, 10, 17, 26, 37, 50]
