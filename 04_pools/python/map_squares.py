from multiprocessing import Pool


def square_and_one(x):
    return x * x + 1


if __name__ == "__main__":
    numbers = range(8)
    with Pool(4) as pool:
        results = pool.map(square_and_one, numbers)
    print(results)

# Prints:
#   [1, 2, 5, 10, 17, 26, 37, 50]
