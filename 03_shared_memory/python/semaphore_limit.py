import time
from multiprocessing import Array, BoundedSemaphore, Process


def visit(places, visitors):
    with places:
        with visitors.get_lock():
            visitors[0] += 1  # inside
            visitors[1] = max(visitors[1], visitors[0])  # at most
        time.sleep(0.02)
        with visitors.get_lock():
            visitors[0] -= 1


if __name__ == "__main__":
    places, visitors = BoundedSemaphore(2), Array("i", 2)
    processes = [Process(target=visit, args=(places, visitors)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print(f"Inside: {visitors[0]}, no more than 2 at a time: {visitors[1] <= 2}")

# Prints:
#   Inside: 0, no more than 2 at a time: True
