import multiprocessing

# A spawned process imports this file, so this line runs in it, too. Its __name__ is another there.
print(f"top of the file, as {__name__}")


def task():
    print(f"its task, in {multiprocessing.current_process().name}")


if __name__ == "__main__":  # what mp::init is for in C++
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=task, name="Spawned")
    process.start()
    process.join()

# Prints:
#   top of the file, as __main__
#   top of the file, as __mp_main__
#   its task, in Spawned
