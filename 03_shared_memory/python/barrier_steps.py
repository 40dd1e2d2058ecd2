from multiprocessing import Array, Barrier, Process


def warm(barrier, now, later, side, first, last, steps):
    for _ in range(steps):
        for row in range(first, last):
            for at in range(row * side + 1, (row + 1) * side - 1):
                later[at] = (now[at - side] + now[at - 1] + now[at + 1] + now[at + side]) / 4
        barrier.wait()
        now, later = later, now


def plate_after(steps, processes, side=22):
    plates = [Array("d", side * side, lock=False) for _ in range(2)]
    for plate in plates:
        plate[-side:] = [100.0] * side
    barrier, inner = Barrier(processes), side - 2
    blocks = [(1 + part * inner // processes, 1 + (part + 1) * inner // processes) for part in range(processes)]
    workers = [Process(target=warm, args=(barrier, *plates, side, *block, steps)) for block in blocks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return plates[steps % 2][:]


if __name__ == "__main__":
    plate = plate_after(200, 4)
    print(f"on average at {sum(plate) / len(plate):.12f}")
    print(f"the same with one process: {plate == plate_after(200, 1)}")

# Prints:
#   on average at …
#   the same with one process: True
