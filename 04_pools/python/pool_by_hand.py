from multiprocessing import Pipe, Process
from multiprocessing.connection import wait


def square_and_one(x):
    return x * x + 1


def work(to_parent):
    while (task := to_parent.recv()) is not None:
        index, value = task
        to_parent.send((index, square_and_one(value)))


def start_worker():
    to_worker, to_parent = Pipe()
    Process(target=work, args=(to_parent,)).start()
    to_parent.close()  # the worker's alone: now its death is the end of the file
    return to_worker


def map_over(workers, arguments):
    tasks = enumerate(arguments)
    results = [None] * len(arguments)
    busy = []
    for worker, task in zip(workers, tasks):
        worker.send(task)
        busy.append(worker)
    while busy:
        for worker in wait(busy):
            index, result = worker.recv()
            results[index] = result  # in order, whoever was first
            if task := next(tasks, None):
                worker.send(task)  # who is ready early gets more to do
            else:
                busy.remove(worker)
    return results


if __name__ == "__main__":
    workers = [start_worker() for _ in range(3)]
    print(map_over(workers, range(8)))
    for worker in workers:
        worker.send(None)

# Prints:
#   [1, 2, 5, 10, 17, 26, 37, 50]
