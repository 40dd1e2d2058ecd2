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


def run(printers):
    for printer in printers:
        printer.start()
    for printer in printers:
        printer.join()


if __name__ == "__main__":
    print("Without a lock:", flush=True)
    run([Process(target=print_line, args=(number,)) for number in range(4)])
    print("With a lock:", flush=True)
    lock = Lock()
    run([Process(target=print_locked, args=(lock, number)) for number in range(4)])

# Ends with:
#   With a lock:
#   Process … prints this line
#   Process … prints this line
#   Process … prints this line
#   Process … prints this line
