from dataclasses import dataclass
from multiprocessing import Pipe, Process, Queue


@dataclass
class Measurement:  # sent by pickle, which finds its members
    sensor: str
    celsius: float


def warm_up(measured, parent, queue):
    measured.celsius += 1
    parent.send(measured)
    measured.celsius += 1
    queue.put(measured)


def show(how, measured):
    print(f"{how}: {measured.sensor} has {measured.celsius:g} °C")


if __name__ == "__main__":
    parent, child = Pipe()
    queue = Queue()
    measured = Measurement("roof", 20)
    process = Process(target=warm_up, args=(measured, child, queue))
    process.start()
    show("through the pipe", parent.recv())
    show("from the queue", queue.get())
    show("in the main process", measured)
    process.join()

# Prints:
#   through the pipe: roof has 21 °C
#   from the queue: roof has 22 °C
#   in the main process: roof has 20 °C
