import os
import struct
import time

item = struct.Struct("qq")  # index and value; a pipe transfers so small an item in one piece


def square_and_one(x):
    time.sleep(0.01)  # stands in for work
    return x * x + 1


def work(worker, tasks, results):
    while task := os.read(tasks, item.size):  # until no process can send tasks any longer
        index, value = item.unpack(task)
        print(f"    Worker {worker} takes {value}", flush=True)
        os.write(results, item.pack(index, square_and_one(value)))


if __name__ == "__main__":
    arguments = range(8)
    tasks, send_tasks = os.pipe()
    results, send_results = os.pipe()
    for worker in range(1, 4):
        if os.fork() == 0:
            os.close(send_tasks)  # while a worker has this end open, there is no end-of-file for tasks
            os.close(results)
            work(worker, tasks, send_results)
            os._exit(0)
    os.close(tasks)
    os.close(send_results)

    # All workers read from the same pipe, and a worker that is ready takes the next task.
    for index, value in enumerate(arguments):
        os.write(send_tasks, item.pack(index, value))
    os.close(send_tasks)  # no more tasks, so the workers exit

    squares = {}
    while result := os.read(results, item.size):
        index, value = item.unpack(result)
        squares[index] = value
    for _ in range(3):
        os.wait()
    if len(squares) < len(arguments):
        raise RuntimeError("a worker died with its task")
    print(f"Parent: {[squares[index] for index in range(len(arguments))]}")

# Ends with:
#   Parent: [1, 2, 5, 10, 17, 26, 37, 50]
