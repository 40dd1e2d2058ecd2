import random
import string
from multiprocessing import Process, Queue


def put_string(output, length, seed, position):
    generator = random.Random(f"{seed} {position}")
    output.put((position, "".join(generator.choices(string.ascii_letters + string.digits, k=length))))


if __name__ == "__main__":
    output, results = Queue(), []
    workers = [Process(target=put_string, args=(output, 5, 123, position)) for position in range(4)]
    for worker in workers:
        worker.start()
    for _ in workers:
        results.append(output.get())
        print(results[-1], "arrived")
    results.sort()
    print([text for position, text in results])
    for worker in workers:
        worker.join()

# Prints, in any order:
#   (0, '…') arrived
#   (1, '…') arrived
#   (2, '…') arrived
#   (3, '…') arrived
#   ['…', '…', '…', '…']
