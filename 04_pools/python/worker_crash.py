import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def square_or_be_killed(x):
    if x == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)  # stands for work that takes a while
    return x * x


if __name__ == "__main__":
    # multiprocessing.Pool would wait for the lost result forever.
    with ProcessPoolExecutor(2) as pool:
        try:
            print(list(pool.map(square_or_be_killed, range(10))))
        except BrokenProcessPool:
            print("a worker died, and the pool with it")

# Prints:
#   a worker died, and the pool with it
