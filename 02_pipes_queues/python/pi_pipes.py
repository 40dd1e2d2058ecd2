import random
from multiprocessing import Pipe, Process


def points_inside(points, seed):
    generator = random.Random(seed)  # every worker needs its own stream
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(points))


def work(to_main, points, seed):
    to_main.send(points_inside(points, seed))


if __name__ == "__main__":
    points, processes = 200_000, 4
    pipes, workers = [], []
    for seed in range(processes):
        to_worker, to_main = Pipe(duplex=False)
        worker = Process(target=work, args=(to_main, points // processes, seed))
        worker.start()
        to_main.close()  # or a dead worker would not be noticed; in C++, std::move does this
        workers.append(worker)
        pipes.append(to_worker)

    inside = 0
    for worker, pipe in zip(workers, pipes):
        # Unlike a queue, a pipe tells which worker a value comes from.
        count = pipe.recv()
        print(f"{worker.name}: {count} points inside")
        inside += count
    for worker in workers:
        worker.join()
    print(f"pi is about {4 * inside / points:.3f}")

# Prints:
#   Process-1: … points inside
#   Process-2: … points inside
#   Process-3: … points inside
#   Process-4: … points inside
#   pi is about 3.1…
