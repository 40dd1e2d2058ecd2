import ctypes
from multiprocessing import Process, Value


def increment(value):
    value.value += 1


if __name__ == "__main__":
    value = Value(ctypes.c_int, 0)
    child = Process(target=increment, args=(value,))
    child.start()
    child.join()
    print(value.value)

# Prints:
#   1
