import random
from multiprocessing import Pipe, Process


def work(to_main, points, seed):
    generator = random.Random(seed)  # every worker needs its own stream
    to_main.send(sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points)))


if __name__ == "__main__":
    points, processes = 200_000, 4
    pipes = []
    for worker in range(processes):
        to_worker, to_main = Pipe(duplex=False)
        Process(target=work, args=(to_main, points // processes, worker)).start()
        pipes.append(to_worker)
    inside = sum(pipe.recv() for pipe in pipes)
    print(f"pi is about {4 * inside / points:.3f}")

# Prints:
#   pi is about 3.1…
