import time

from joblib import Parallel, delayed


def square(x, seconds):
    time.sleep(seconds)
    return x * x


if __name__ == "__main__":
    processes, seconds = 2, 0.02
    numbers = range(10)
    squares = Parallel(n_jobs=processes, verbose=1)(delayed(square)(x, seconds) for x in numbers)
    print(squares)

# Ends with:
#   [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
