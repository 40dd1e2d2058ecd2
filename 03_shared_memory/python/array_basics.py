import ctypes
from multiprocessing import Array

if __name__ == "__main__":
    array = Array(ctypes.c_double, (0, 0, 0, 0, 0))
    print(array[1])
    array[1] = 7
    print(array[:])
    for value in array:
        print(value, end=" ")
    print()

    zeros = Array(ctypes.c_double, 10)
    print(zeros[:])

# Prints:
#   0.0
#   [0.0, 7.0, 0.0, 0.0, 0.0]
#   0.0 7.0 0.0 0.0 0.0
#   [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
