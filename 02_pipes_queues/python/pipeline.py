import time
from multiprocessing import Process, Queue


def load(loaded, items):
    for item in range(items):
        time.sleep(0.002)
        loaded.put(item)
    loaded.put(None)  # the last one; mp::Queue has close() instead


def resize(loaded, resized):
    for item in iter(loaded.get, None):
        time.sleep(0.006)
        resized.put(item)
    resized.put(None)


if __name__ == "__main__":
    items, loaded, resized = 50, Queue(), Queue()
    start = time.time()
    Process(target=load, args=(loaded, items)).start()
    Process(target=resize, args=(loaded, resized)).start()
    for item in iter(resized.get, None):
        time.sleep(0.003)
    rate = items / (time.time() - start)
    print(f"The pipeline: {rate:.0f} per second, of at most {1 / 0.006:.0f}")

# Prints:
#   The pipeline: … per second, of at most 167
