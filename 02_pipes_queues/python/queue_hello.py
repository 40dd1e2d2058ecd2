from multiprocessing import Process, Queue


def put_values(queue):
    queue.put([42, None, "hello"])


if __name__ == "__main__":
    queue = Queue()
    child = Process(target=put_values, args=(queue,))
    child.start()
    print(queue.get())
    child.join()

# Prints:
#   [42, None, 'hello']
