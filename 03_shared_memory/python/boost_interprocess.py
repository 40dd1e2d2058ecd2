from multiprocessing import Lock, Process
from multiprocessing.shared_memory import SharedMemory

# Python's library for shared memory. The memory has a name and must be removed; it has no lock.


def count(name, lock, times):
    memory = SharedMemory(name)
    numbers = memory.buf.cast("q")
    for _ in range(times):
        with lock:
            numbers[0] += 1
    numbers.release()
    memory.close()


if __name__ == "__main__":
    memory = SharedMemory(create=True, size=8)
    lock = Lock()
    workers = [Process(target=count, args=(memory.name, lock, 10_000)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("Counted", int.from_bytes(memory.buf[:8], "little"))
    memory.close()
    memory.unlink()

# Prints:
#   Counted 20000
