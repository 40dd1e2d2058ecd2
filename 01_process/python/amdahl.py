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
    terms, serial = 1_000_000, 0.2
    alone = measured_seconds(terms, serial, 1)
    for processes in range(1, min(cpu_count(), 4) + 1):
        speed_up = alone / measured_seconds(terms, serial, processes)
        print(f"{processes} processes: {speed_up:.2f}, predicted {predicted_speed_up(serial, processes):.2f}")

# Begins with:
#   1 processes: …, predicted 1.00
