import time
from multiprocessing import Process, cpu_count


def predicted_speed_up(serial, processes):
    return 1 / (serial + (1 - serial) / processes)


def work(terms):
    return sum(1 / ((4 * k + 1) * (4 * k + 3)) for k in range(terms))


def measured_seconds(terms, serial, processes):
    start = time.perf_counter()
    work(int(terms * serial))
    share = int(terms * (1 - serial) / processes)
    workers = [Process(target=work, args=(share,)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


if __name__ == "__main__":
    terms, serial, processes = 1_000_000, 0.2, 4
    print("processes  seconds  speed-up  predicted")
    for n in range(1, processes + 1):
        seconds = measured_seconds(terms, serial, n)
        if n == 1:
            alone = seconds
        print(f"{n:9}  {seconds:7.3f}  {alone / seconds:8.2f}  {predicted_speed_up(serial, n):9.2f}")
    print(f"Amdahl's law assumes a processor for each process; you have {cpu_count()}.")
    print(f"{n} processes are {alone / seconds:.2f} times as fast as one; the limit is {1 / serial:g} times")

# Prints:
#   processes  seconds  speed-up  predicted
#   1  …  1.00       1.00
#   2  …  …  1.67
#   3  …  …  2.14
#   4  …  …  2.50
#   Amdahl's law assumes a processor for each process; you have ….
#   4 processes are … times as fast as one; the limit is 5 times
