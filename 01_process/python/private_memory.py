from multiprocessing import Process, current_process

number = 1


def show(when):
    print(f"{current_process().name}: {when} the number is {number}")


def change():
    global number
    number = 42
    show("after my change")


if __name__ == "__main__":
    show("at the start")
    child = Process(target=change)
    child.start()
    child.join()
    show("after the other's change")

# Prints:
#   MainProcess: at the start the number is 1
#   Process-1: after my change the number is 42
#   MainProcess: after the other's change the number is 1
