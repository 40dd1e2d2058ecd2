import random
import string
from multiprocessing import Process, Queue


def put_string(output, length, seed, position):
    generator = random.Random(f"{seed} {position}")
    output.put((position, "".join(generator.choices(string.ascii_letters + string.digits, k=length))))


if __name__ == "__main__":
    output = Queue()
    workers = [Process(target=put_string, args=(output, 5, 123, position)) for position in range(4)]
    for worker in workers:
        worker.start()
    results = sorted(output.get() for _ in workers)
    print([position for position, text in results])
    print([text for position, text in results])
    for worker in workers:
        worker.join()

# Prints:
#   [0, 1, 2, 3]
#   ['…', '…', '…', '…']
