from multiprocessing import Process, current_process


def doubler(number):
    print(f"{number} doubled to {2 * number} by: {current_process().name}")


if __name__ == "__main__":
    processes = [Process(target=doubler, args=(number,)) for number in (5, 10, 15, 20, 25)]
    processes.append(Process(target=doubler, args=(2,), name="Test"))
    for process in processes:
        process.start()
    for process in processes:
        process.join()

# Prints, in any order:
#   5 doubled to 10 by: Process-1
#   10 doubled to 20 by: Process-2
#   15 doubled to 30 by: Process-3
#   20 doubled to 40 by: Process-4
#   25 doubled to 50 by: Process-5
#   2 doubled to 4 by: Test
