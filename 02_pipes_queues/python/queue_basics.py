from multiprocessing import Queue

if __name__ == "__main__":
    queue = Queue()
    queue.put(1)
    queue.put(2)
    queue.put(3)

    print(queue.get())
    print(queue.get())
    print(queue.get())

# Prints:
#   1
#   2
#   3
