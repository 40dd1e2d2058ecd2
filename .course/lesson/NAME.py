from multiprocessing import Process


def work(number):
    print(f"a process with the number {number}")


if __name__ == "__main__":
    process = Process(target=work, args=(7,))
    process.start()
    process.join()
    print("The last line is the result.")

# Prints:
#   a process with the number 7
#   The last line is the result.
