import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process


def square(x):
    time.sleep(0.02)  # stands for work that takes a while
    return x * x


def square_or_be_killed(x):
    if x == 5:
        print(f"    {current_process().name} (pid {os.getpid()}) is killed while it works on {x}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    return square(x)


if __name__ == "__main__":
    numbers = range(10)
    # multiprocessing.Pool would wait for the lost result forever.
    with ProcessPoolExecutor(2) as pool:
        try:
            print(list(pool.map(square_or_be_killed, numbers)))
        except BrokenProcessPool:
            print("MainProcess: a worker died, and the pool with it", flush=True)
    with ProcessPoolExecutor(2) as pool:
        print(f"MainProcess: a new pool works: {list(pool.map(square, numbers))}")

# Ends with:
#   MainProcess: a worker died, and the pool with it
#   MainProcess: a new pool works: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
