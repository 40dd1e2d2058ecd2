from multiprocessing import Condition, Lock, Process, Value


class Buffer:
    """The number of items in a buffer for four, which is all that matters here."""

    def __init__(self):
        self.size, self.taken = Value("i", 0, lock=False), Value("i", 0, lock=False)
        lock = Lock()
        self.not_full, self.not_empty = Condition(lock), Condition(lock)

    def put(self):
        with self.not_full:
            while self.size.value == 4:
                self.not_full.wait()
            self.size.value += 1
            self.not_empty.notify()

    def get(self):
        with self.not_empty:
            while self.size.value == 0:
                self.not_empty.wait()
            self.size.value -= 1
            self.taken.value += 1
            self.not_full.notify()


def repeat(function, times):
    for _ in range(times):
        function()


if __name__ == "__main__":
    buffer = Buffer()
    work = [buffer.put, buffer.get, buffer.put, buffer.get]
    processes = [Process(target=repeat, args=(function, 1000)) for function in work]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"{buffer.taken.value} taken, {buffer.size.value} left")

# Prints:
#   2000 taken, 0 left
