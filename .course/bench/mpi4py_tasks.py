"""Prints the seconds a tiny task takes in the pool of mpi4py: mpirun -n 3 python3 -m mpi4py.futures FILE."""

import time

from mpi4py.futures import MPIPoolExecutor

if __name__ == "__main__":
    with MPIPoolExecutor() as pool:
        list(pool.map(abs, range(100)))
        t = time.perf_counter()
        list(pool.map(abs, range(20000), chunksize=1))
        print((time.perf_counter() - t) / 20000)
