import ctypes
from multiprocessing import Array

if __name__ == "__main__":
    array = Array(ctypes.c_double, (0, 0, 0, 0, 0))
    print("array[1]", array[1])
    array[1] = 7
    print("array", array[:])

    # A slice is a list. It copies the elements, while a std::span refers to them.
    piece = array[1:4]
    piece[2] = 9
    print("slice", piece)
    print("array", array[:])

    for value in array:
        print(value, end=" ")
    print()
    array[:] = sorted(array, reverse=True)
    print("sorted", array[:])

    zeros = Array(ctypes.c_double, 10)
    print("zeros", zeros[:])

    try:
        array[len(array)] = 1
    except IndexError as error:
        print(error)

# Prints:
#   array[1] 0.0
#   array [0.0, 7.0, 0.0, 0.0, 0.0]
#   slice [7.0, 0.0, 9]
#   array [0.0, 7.0, 0.0, 0.0, 0.0]
#   0.0 7.0 0.0 0.0 0.0
#   sorted [7.0, 0.0, 0.0, 0.0, 0.0]
#   zeros [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
#   invalid index
