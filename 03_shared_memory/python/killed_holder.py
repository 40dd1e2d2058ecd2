import os
import signal
from multiprocessing import Lock, Process


def die_with_lock(lock):
    lock.acquire()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    lock = Lock()
    child = Process(target=die_with_lock, args=(lock,))
    child.start()
    child.join()
    # No process will unlock it. Without the limit, this would block forever.
    print("locked" if lock.acquire(timeout=1) else "still locked by a process that is dead")

# Prints:
#   still locked by a process that is dead
