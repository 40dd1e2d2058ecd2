import time
from multiprocessing import Array, BoundedSemaphore, Process, current_process


def visit(places, visitors):
    with places:
        with visitors.get_lock():
            visitors[0] += 1  # inside
            visitors[1] = max(visitors[1], visitors[0])  # at most
            print(f"    {current_process().name} enters: {visitors[0]} inside", flush=True)
        time.sleep(0.02)
        with visitors.get_lock():
            visitors[0] -= 1


if __name__ == "__main__":
    processes, limit = 8, 2
    places, visitors = BoundedSemaphore(limit), Array("i", 2)
    visits = [Process(target=visit, args=(places, visitors)) for _ in range(processes)]
    for process in visits:
        process.start()
    for process in visits:
        process.join()
    print(f"{processes} processes were inside, no more than {limit} at a time: {visitors[1] <= limit}")

# Ends with:
#   8 processes were inside, no more than 2 at a time: True
