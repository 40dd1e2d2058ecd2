from multiprocessing import Pipe, Process


def add_one(to_parent):
    to_parent.send(to_parent.recv() + 1)


if __name__ == "__main__":
    to_child, to_parent = Pipe()
    child = Process(target=add_one, args=(to_parent,))
    child.start()
    # Without this limit, recv would block forever; Python has no watchdog to explain a deadlock.
    if not to_child.poll(timeout=1):
        print("no answer in a second: was the question ever sent?")
    to_child.send(41)
    print(f"The answer is {to_child.recv()}")
    child.join()

# Prints:
#   no answer in a second: was the question ever sent?
#   The answer is 42
