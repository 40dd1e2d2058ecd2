import os
import signal
import sys
import time
from multiprocessing import Process


def return_normally():
    pass


def exit_with_3():
    sys.exit(3)


def die_by_signal():
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_long():
    time.sleep(3600)


if __name__ == "__main__":
    for task in (return_normally, exit_with_3, die_by_signal):
        process = Process(target=task)
        process.start()
        process.join()
        # One number for both; a negative one is a signal.
        print(f"{task.__name__}: {process.exitcode}")

    sleeps = Process(target=sleep_long)
    sleeps.start()
    sleeps.join(timeout=0.1)  # does not say whether it has ended
    if sleeps.is_alive():
        print("it is still running")
    sleeps.terminate()
    sleeps.join()
    print(f"terminate: {sleeps.exitcode}")

# Prints:
#   return_normally: 0
#   exit_with_3: 3
#   die_by_signal: -9
#   it is still running
#   terminate: -15
