from multiprocessing import Pipe, Process


def send_first(other, size):
    other.send(bytes(size))
    other.recv()


def receive_first(other, size):
    other.recv()
    other.send(bytes(size))


def exchange(run_bob, size, limit=None):
    alice, bob = Pipe()
    processes = [Process(target=send_first, args=(alice, size)), Process(target=run_bob, args=(bob, size))]
    for process in processes:
        process.start()
    for process in processes:
        process.join(limit)
    waiting = [process for process in processes if process.is_alive()]
    print(f"{size} bytes: {len(waiting)} of 2 still wait")
    for process in waiting:
        process.kill()


if __name__ == "__main__":
    print("Both send first")
    exchange(send_first, 10_000)
    exchange(send_first, 1_000_000, limit=1)  # without the limit, this would block forever
    print("The fix: one receives first")
    exchange(receive_first, 1_000_000)

# Prints:
#   Both send first
#   10000 bytes: 0 of 2 still wait
#   1000000 bytes: 2 of 2 still wait
#   The fix: one receives first
#   1000000 bytes: 0 of 2 still wait
