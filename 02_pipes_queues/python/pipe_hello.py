from multiprocessing import Pipe, Process


def send_values(to_parent):
    to_parent.send([42, None, "hello"])
    to_parent.close()


if __name__ == "__main__":
    to_child, to_parent = Pipe()
    child = Process(target=send_values, args=(to_parent,))
    child.start()
    to_parent.close()  # or a dead child would not be noticed; in C++, std::move does this
    print(to_child.recv())
    child.join()

# Prints:
#   [42, None, 'hello']
