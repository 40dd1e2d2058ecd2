import random
import string
from multiprocessing import Process, Queue, current_process


def put_string(output, length, seed):
    generator = random.Random(seed)
    text = "".join(generator.choices(string.ascii_letters + string.digits, k=length))
    print(f"{current_process().name} puts {text}")
    output.put(text)


if __name__ == "__main__":
    output = Queue()
    workers = [Process(target=put_string, args=(output, 5, f"123 {number}")) for number in range(4)]
    for worker in workers:
        worker.start()
    results = [output.get() for _ in workers]
    for worker in workers:
        worker.join()
    print(results)

# Ends with:
#   ['…', '…', '…', '…']
