from multiprocessing import Process


def greet(number):
    print(f"Hello from process number {number}")


if __name__ == "__main__":
    greeters = [Process(target=greet, args=(number,)) for number in range(2)]
    for greeter in greeters:
        greeter.start()
    for greeter in greeters:
        greeter.join()
    print("Main process is done")

# Prints, in any order:
#   Hello from process number 0
#   Hello from process number 1
#   Main process is done
