from joblib import Parallel, delayed


def square(x):
    return x * x


if __name__ == "__main__":
    print(Parallel(n_jobs=2, verbose=1)(delayed(square)(x) for x in range(10)))

# Ends with:
#   [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
