import os
import signal
from ctypes import Structure, c_int
from multiprocessing import Process, Value


class Accounts(Structure):
    _fields_ = [("savings", c_int), ("wallet", c_int)]


def move_money(accounts):
    with accounts.get_lock():
        accounts.savings -= 30
        os.kill(os.getpid(), signal.SIGKILL)
        accounts.wallet += 30


def show(when, accounts):
    print(f"{when}: savings {accounts.savings}, wallet {accounts.wallet}")


if __name__ == "__main__":
    accounts = Value(Accounts, 100, 0)
    show("Before", accounts)
    victim = Process(target=move_money, args=(accounts,))
    victim.start()
    victim.join()
    print(f"{victim.name} ended halfway with {victim.exitcode}")

    # No process will ever unlock it. Without the limit, this would block forever.
    if not accounts.get_lock().acquire(timeout=1):
        print("Main: still locked by a process that is dead")
    unlocked = accounts.get_obj()
    show("Found without the lock", unlocked)

# Prints:
#   Before: savings 100, wallet 0
#   Process-1 ended halfway with -9
#   Main: still locked by a process that is dead
#   Found without the lock: savings 70, wallet 0
