import os


def write_all(write_end, data):
    while data:
        data = data[os.write(write_end, data):]  # a write may take only a part


def read_all(read_end):
    total = 0
    while piece := os.read(read_end, 100_000):  # returns nothing at end-of-file
        total += len(piece)
    return total


if __name__ == "__main__":
    read_end, write_end = os.pipe()
    children = []
    for _ in range(2):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(read_end)
            write_all(write_end, b"x" * 300_000)
            os._exit(0)  # closes the write end

    os.close(write_end)  # while this copy is open, there is no end-of-file
    print(f"Parent: {read_all(read_end)} bytes, then end-of-file")
    for child in children:
        os.waitpid(child, 0)

# Prints:
#   Parent: 600000 bytes, then end-of-file
