from multiprocessing import Process, Queue


def work(results, size):
    results.put("x" * size)


if __name__ == "__main__":
    results = Queue()
    child = Process(target=work, args=(results, 1_000_000))
    child.start()

    child.join(timeout=1)  # without the limit, this would block forever
    print("has ended" if not child.is_alive() else "cannot end: its result is still in the queue")
    print(f"got {len(results.get())} bytes")
    child.join()
    print("has ended")

# Prints:
#   cannot end: its result is still in the queue
#   got 1000000 bytes
#   has ended
