import os
import select


def write_all(write_end, data, number):
    writes = 0
    while data:
        select.select([], [write_end], [])  # blocks while the pipe is full
        try:
            data = data[os.write(write_end, data):]  # a write may take only a part
        except BlockingIOError:
            pass  # another child was faster
        writes += 1
    print(f"    Child {number}: wrote everything in {writes} writes", flush=True)


def read_all(read_end):
    total = reads = 0
    while piece := os.read(read_end, 100_000):  # returns nothing at end-of-file
        total += len(piece)
        reads += 1
    print(f"Parent: {total} bytes in {reads} reads, then end-of-file")


if __name__ == "__main__":
    size, children = 300_000, 2
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)  # a write never blocks
    for number in range(1, children + 1):
        if os.fork() > 0:
            continue
        os.close(read_end)  # or a child would not notice a dead parent
        write_all(write_end, b"x" * size, number)
        os._exit(0)  # closes the write end, as every exit does

    os.close(write_end)  # while this copy is open, there is no end-of-file
    read_all(read_end)
    for _ in range(children):
        _, status = os.wait()
        if status != 0:
            raise RuntimeError("a child has failed")

# Prints:
#   Child … wrote everything in … writes
#   Child … wrote everything in … writes
#   Parent: 600000 bytes in … reads, then end-of-file
