import ctypes
import multiprocessing
import time

# Workers are forked when the work is known, so they see this process's data.
context = multiprocessing.get_context("fork")
items, chunk_size = 1_000_000, 250_000
numbers = [float(i) for i in range(items)]
output = context.Array(ctypes.c_double, items, lock=False)
begins = range(0, items, chunk_size)
sums = context.Array(ctypes.c_double, len(begins), lock=False)
total = context.Value("q", 0)


def add(i):
    with total.get_lock():  # one worker at a time
        total.value += i


def copy_chunk(k):
    part = numbers[begins[k] : begins[k] + chunk_size]
    output[begins[k] : begins[k] + chunk_size] = part
    sums[k] = sum(part)


def run(work, count):
    workers = [context.Process(target=work, args=(k,)) for k in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    run(add, 10)
    print(f"0 + 1 + … + 9 = {total.value}")
    start = time.perf_counter()
    run(copy_chunk, len(begins))
    seconds = time.perf_counter() - start
    print(f"The copy is {'right' if list(output) == numbers else 'wrong'}, made in {seconds:.2f} s")
    print(f"The sum of {items} numbers is {sum(sums):.0f}")

# Prints:
#   0 + 1 + … + 9 = 45
#   The copy is right, made in … s
#   The sum of 1000000 numbers is 499999500000
