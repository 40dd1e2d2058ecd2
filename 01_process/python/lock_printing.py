import sys
import time
from multiprocessing import Lock, Process


def print_line(number):
    for letter in f"Process {number} prints this line\n":
        sys.stdout.write(letter)
        sys.stdout.flush()
        time.sleep(0.001)


def print_locked(lock, number):
    with lock:
        print_line(number)


if __name__ == "__main__":
    lock = Lock()
    printers = [Process(target=print_locked, args=(lock, number)) for number in range(4)]
    for printer in printers:
        printer.start()
    for printer in printers:
        printer.join()

# Prints, in any order:
#   Process 0 prints this line
#   Process 1 prints this line
#   Process 2 prints this line
#   Process 3 prints this line
