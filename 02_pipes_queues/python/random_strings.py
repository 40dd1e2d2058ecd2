import random
import string
from multiprocessing import Process, Queue


def put_string(output, length, seed):
    generator = random.Random(seed)
    output.put("".join(generator.choices(string.ascii_letters + string.digits, k=length)))


if __name__ == "__main__":
    output = Queue()
    workers = [Process(target=put_string, args=(output, 5, f"123 {number}")) for number in range(4)]
    for worker in workers:
        worker.start()
    print([output.get() for _ in workers])
    for worker in workers:
        worker.join()

# Prints:
#   ['…', '…', '…', '…']
