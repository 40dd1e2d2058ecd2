import multiprocessing
import os
import sys

# What has run so far, and in which process. A spawned process imports this file, so this line runs
# there, too, with another __name__.
steps = [(os.getpid(), f"the top of the file, as {__name__}")]


def run(what):
    steps.append((os.getpid(), what))


def show_steps():
    print(multiprocessing.current_process().name)
    for process, what in steps:
        print(f"  {'ran:   ' if process == os.getpid() else 'copied:'} {what}")
    sys.stdout.flush()


def task():
    run("its task")
    show_steps()


if __name__ == "__main__":  # the counterpart of mp::init in C++
    run("the main part")
    show_steps()
    for name, method in (("Forked", "fork"), ("Spawned", "spawn"), ("By the server", "forkserver")):
        process = multiprocessing.get_context(method).Process(target=task, name=name)
        process.start()
        process.join()

# Prints:
#   MainProcess
#   ran:    the top of the file, as __main__
#   ran:    the main part
#   Forked
#   copied: the top of the file, as __main__
#   copied: the main part
#   ran:    its task
#   Spawned
#   ran:    the top of the file, as __mp_main__
#   ran:    its task
#   By the server
#   … the top of the file, as __mp_main__
#   ran:    its task
