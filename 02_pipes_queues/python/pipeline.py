import time
from multiprocessing import Process, Queue


def load(loaded, items, seconds):
    for item in range(items):
        time.sleep(seconds)  # stands in for work
        loaded.put(item)
    loaded.put(None)  # the last one; mp::Queue has close() instead


def resize(loaded, resized, seconds):
    for item in iter(loaded.get, None):
        time.sleep(seconds)
        resized.put(item)
    resized.put(None)


def run(items, stages):
    """Returns how many items come out per second."""
    start = time.perf_counter()
    loaded, resized = Queue(), Queue()
    Process(target=load, args=(loaded, items, stages[0])).start()
    Process(target=resize, args=(loaded, resized, stages[1])).start()
    for item in iter(resized.get, None):
        time.sleep(stages[2])  # the last stage runs here
    return items / (time.perf_counter() - start)


if __name__ == "__main__":
    items, stages = 50, (0.002, 0.006, 0.003)
    print(f"One after the other: at most {1 / sum(stages):.0f} items per second")
    print(f"The slowest stage alone: at most {1 / max(stages):.0f} items per second")
    print(f"The pipeline: {run(items, stages):.0f} items per second")

# Prints:
#   One after the other: at most 91 items per second
#   The slowest stage alone: at most 167 items per second
#   The pipeline: … items per second
