from multiprocessing import Array, Process, Value


def change(number, numbers):
    number.value = 3.1415927
    for i in range(len(numbers)):
        numbers[i] = -numbers[i]


if __name__ == "__main__":
    number = Value("d", 0.0)
    numbers = Array("i", range(10))
    child = Process(target=change, args=(number, numbers))
    child.start()
    child.join()
    print(number.value)
    print(numbers[:])

# Prints:
#   3.1415927
#   [0, -1, -2, -3, -4, -5, -6, -7, -8, -9]
