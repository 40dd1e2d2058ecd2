import os
from multiprocessing import Pipe, Process


def measure_capacity():
    receiver, sender = Pipe()
    os.set_blocking(sender.fileno(), False)
    held = 0
    while True:
        try:
            held += os.write(sender.fileno(), bytes(16_384))
        except BlockingIOError:  # it is full
            return held


def send_first(other, size):
    other.send(bytes(size))
    other.recv()


def receive_first(other, size):
    other.recv()
    other.send(bytes(size))


def exchange(title, run_bob, size, limit=None):
    alice, bob = Pipe()
    processes = [Process(target=send_first, args=(alice, size)), Process(target=run_bob, args=(bob, size))]
    for process in processes:
        process.start()
    for process in processes:
        process.join(limit)
    waiting = [process for process in processes if process.is_alive()]
    print(f"{title}, {size} bytes: {len(waiting)} of 2 still wait")
    for process in waiting:
        process.kill()


if __name__ == "__main__":
    capacity = measure_capacity()
    print(f"A pipe holds {capacity} bytes.")
    exchange("Both send first", send_first, capacity // 4)  # so it works in a small test
    exchange("Both send first", send_first, 2 * capacity, limit=1)  # without the limit, this would block forever
    exchange("The fix: one receives first", receive_first, 2 * capacity)

# Prints:
#   A pipe holds … bytes.
#   Both send first, … bytes: 0 of 2 still wait
#   Both send first, … bytes: 2 of 2 still wait
#   The fix: one receives first, … bytes: 0 of 2 still wait
