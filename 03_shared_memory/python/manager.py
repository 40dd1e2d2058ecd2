from multiprocessing import Lock, Manager, Process, current_process


def work(numbers, lock, number):
    numbers[current_process().name] = number * number
    with lock:  # reading and writing are two requests
        numbers["all"] += number * number


if __name__ == "__main__":
    with Manager() as manager:  # a server process
        numbers, lock = manager.dict(all=0), Lock()  # numbers is a proxy
        workers = [Process(target=work, args=(numbers, lock, number), name=f"Process-{number}") for number in (1, 2, 3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        for key, value in sorted(numbers.items()):
            print(f"{key}: {value}")

# Prints:
#   Process-1: 1
#   Process-2: 4
#   Process-3: 9
#   all: 14
