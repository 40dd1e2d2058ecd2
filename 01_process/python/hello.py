from multiprocessing import Process


def hello(name):
    print(f"hello {name}")


if __name__ == "__main__":
    process = Process(target=hello, args=("bob",))
    process.start()
    process.join()

# Prints:
#   hello bob
