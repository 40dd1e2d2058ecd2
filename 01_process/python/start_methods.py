import multiprocessing
import time


def nothing():
    pass


def milliseconds_to_start_and_join(method, starts=5):
    context = multiprocessing.get_context(method)
    times = []
    for _ in range(starts):
        start = time.perf_counter()
        process = context.Process(target=nothing)
        process.start()
        process.join()
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)[starts // 2]


if __name__ == "__main__":
    # multiprocessing.set_start_method("spawn") would choose one for the whole program.
    for method in ("fork", "spawn", "forkserver"):
        print(f"{method:10} {milliseconds_to_start_and_join(method):8.2f} ms")

# Prints:
#   fork       … ms
#   spawn      … ms
#   forkserver … ms
