import mmap
import os
import struct
import tempfile
from fcntl import LOCK_EX, LOCK_UN, lockf

# Python has no mutex for shared memory. A file lock takes its place. It costs a system call each
# time, and the kernel unlocks it when its holder dies, without reporting that.


def count(page, lock, times):
    for _ in range(times):
        lockf(lock, LOCK_EX)
        (number,) = struct.unpack_from("q", page)
        struct.pack_into("q", page, 0, number + 1)
        lockf(lock, LOCK_UN)


if __name__ == "__main__":
    page = mmap.mmap(-1, mmap.PAGESIZE)  # without a name, shared with forked children
    with tempfile.TemporaryFile() as lock:
        children = []
        for _ in range(2):
            children.append(os.fork())
            if children[-1] == 0:
                count(page, lock, 10_000)
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)
    print(struct.unpack_from("q", page)[0])

# Prints:
#   20000
