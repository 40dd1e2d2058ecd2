from multiprocessing import Pipe, Process


def add_one(to_parent):
    print("Process-1 waits for a number", flush=True)
    number = to_parent.recv()
    to_parent.send(number + 1)


def ask(to_child):
    print("MainProcess waits for the answer", flush=True)
    # Without this limit, recv would block forever; Python has no watchdog to explain a deadlock.
    if not to_child.poll(timeout=1):
        print("no answer in a second: was the question ever sent?")
    to_child.send(41)  # the bug: one line too late
    return to_child.recv()


if __name__ == "__main__":
    to_child, to_parent = Pipe()
    child = Process(target=add_one, args=(to_parent,))
    child.start()
    print(f"The answer is {ask(to_child)}")
    child.join()

# Prints, in any order:
#   MainProcess waits for the answer
#   Process-1 waits for a number
#   no answer in a second: was the question ever sent?
#   The answer is 42
