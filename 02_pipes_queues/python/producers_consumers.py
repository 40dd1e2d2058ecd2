from multiprocessing import Process, Queue


def produce(items, first, count):
    for item in range(first, first + count):
        items.put(item)


def consume(items, results):
    results.put(list(iter(items.get, None)))  # until it gets None


if __name__ == "__main__":
    producers, consumers, count = 3, 2, 1000
    items, results = Queue(), Queue()
    for _ in range(consumers):
        Process(target=consume, args=(items, results)).start()
    putting = [Process(target=produce, args=(items, i * count, count)) for i in range(producers)]
    for producer in putting:
        producer.start()
    for producer in putting:
        producer.join()
    for _ in range(consumers):
        items.put(None)  # one for each consumer; mp::Queue has close() for all

    taken = sorted(item for _ in range(consumers) for item in results.get())
    print(f"{len(taken)} items, all there once: {taken == list(range(producers * count))}")

# Prints:
#   3000 items, all there once: True
