from collections import Counter
from multiprocessing import Process, Queue, current_process


def produce(items, first, count):
    for item in range(first, first + count):
        items.put(item)
    print(f"{current_process().name} put {count} items")


def consume(items, results):
    taken = list(iter(items.get, None))  # until it gets None
    print(f"    {current_process().name} got {len(taken)} items")
    results.put(taken)


if __name__ == "__main__":
    producers, consumers, count = 3, 2, 1000
    items, results = Queue(), Queue()
    for i in range(1, consumers + 1):
        Process(target=consume, args=(items, results), name=f"Consumer-{i}").start()
    putting = [
        Process(target=produce, args=(items, i * count, count), name=f"Producer-{i + 1}") for i in range(producers)
    ]
    for producer in putting:
        producer.start()
    for producer in putting:
        producer.join()
    for _ in range(consumers):
        items.put(None)  # one for each consumer; mp::Queue has close() for all

    times_taken = Counter(item for _ in range(consumers) for item in results.get())
    lost = producers * count - len(times_taken)
    repeated = sum(times > 1 for times in times_taken.values())
    print(f"{producers * count} items: {lost} lost, {repeated} taken more than once")

# Prints, in any order:
#   Producer-1 put 1000 items
#   Producer-2 put 1000 items
#   Producer-3 put 1000 items
#   Consumer-1 got … items
#   Consumer-2 got … items
#   3000 items: 0 lost, 0 taken more than once
