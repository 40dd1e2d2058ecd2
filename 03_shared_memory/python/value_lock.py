import ctypes
import time
from multiprocessing import Process, Value


def increment(value):
    value.get_lock().acquire()
    value.value += 1
    time.sleep(0.005)  # stands for longer work on the value
    value.get_lock().release()

    with value.get_lock():
        value.value += 100


if __name__ == "__main__":
    value = Value(ctypes.c_int, 0)
    workers = [Process(target=increment, args=(value,)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(value.value)

# Prints:
#   808
