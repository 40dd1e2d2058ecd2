import ctypes
import multiprocessing

# Workers that are forked when the work is known, so they see this process's data.
context = multiprocessing.get_context("fork")
numbers = list(range(1_000_000))


def add_part(results, position, begin, end):
    results[position] = sum(numbers[begin:end])


if __name__ == "__main__":
    chunk = 250_000
    begins = range(0, len(numbers), chunk)
    results = context.Array(ctypes.c_int64, len(begins), lock=False)
    workers = [
        context.Process(target=add_part, args=(results, position, begin, begin + chunk))
        for position, begin in enumerate(begins)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"The sum of {len(numbers)} numbers is {sum(results)}")

# Prints:
#   The sum of 1000000 numbers is 499999500000
