from multiprocessing import Condition, Lock, Process, Value


class Buffer:
    """The number of items in a buffer for four, which is all that matters here."""

    def __init__(self):
        self.size, self.taken, self.takes_of_nothing = (Value("i", 0, lock=False) for _ in range(3))
        lock = Lock()
        self.not_full, self.not_empty = Condition(lock), Condition(lock)

    def put(self):
        with self.not_full:
            while self.size.value == 4:
                self.not_full.wait()
            self.size.value += 1
            self.not_empty.notify()

    def get(self, look_again):
        with self.not_empty:
            if self.size.value == 0:
                self.not_empty.wait()
            # Without this line there is a bug, because another consumer may be faster.
            while look_again and self.size.value == 0:
                self.not_empty.wait()
            if self.size.value == 0:
                self.takes_of_nothing.value += 1
                return False
            self.size.value -= 1
            self.taken.value += 1
            self.not_full.notify()
            return True


def produce(buffer, items):
    for _ in range(items):
        buffer.put()


def consume(buffer, items, look_again):
    while items > 0:
        items -= buffer.get(look_again)


def run(look_again, items):
    buffer = Buffer()
    processes = [Process(target=produce, args=(buffer, items)) for _ in range(2)]
    processes += [Process(target=consume, args=(buffer, items, look_again)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    word = "while" if look_again else "if"
    print(f"with {word}: {buffer.taken.value} items taken, {buffer.takes_of_nothing.value} times the buffer was empty")


if __name__ == "__main__":
    run(look_again=False, items=1000)
    run(look_again=True, items=1000)

# Prints:
#   with if: 2000 items taken, … times the buffer was empty
#   with while: 2000 items taken, 0 times the buffer was empty
