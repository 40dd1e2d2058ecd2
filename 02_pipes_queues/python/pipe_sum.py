from multiprocessing import Pipe, Process, current_process


def calculate_sum(to_parent):
    numbers = to_parent.recv()
    print(f"{current_process().name} adds up {numbers}")
    to_parent.send(sum(numbers))


if __name__ == "__main__":
    to_child, to_parent = Pipe()
    child = Process(target=calculate_sum, args=(to_parent,))
    child.start()
    to_child.send([1, 2, 3, 4, 5])
    print(to_child.recv())
    child.join()

# Prints:
#   Process-1 adds up [1, 2, 3, 4, 5]
#   15
