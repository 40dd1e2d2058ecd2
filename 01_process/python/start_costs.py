import multiprocessing
import time


def nothing():
    pass


def milliseconds(method, starts=5):
    context = multiprocessing.get_context(method)
    times = []
    for _ in range(starts):
        start = time.perf_counter()
        process = context.Process(target=nothing)
        process.start()
        process.join()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


if __name__ == "__main__":
    print("Milliseconds to start and join a process, by the memory of the parent")
    print(f"{'MiB':>8}  {'fork':>10}  {'spawn':>10}  {'forkserver':>10}")
    costs = {}
    for size in (1, 4, 16, 64, 256):
        used = b"x" * (size << 20)
        costs = {method: milliseconds(method) for method in ("fork", "spawn", "forkserver")}
        print(f"{size:8}  " + "  ".join(f"{cost:10.2f}" for cost in costs.values()))
    print("The cheapest with the most memory:", min(costs, key=costs.get))

# Begins with:
#   Milliseconds to start and join a process, by the memory of the parent
#   MiB        fork       spawn  forkserver
