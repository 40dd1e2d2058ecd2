import multiprocessing
import os


def say(what):
    print(f"  {what}, in process {os.getpid()}")


# A spawned process imports this file, so this line runs there, too, with another __name__.
say(f"the top of the file, as {__name__}")


def task():
    say("its task")


if __name__ == "__main__":  # the counterpart of mp::init in C++
    for method in ("fork", "spawn", "forkserver"):
        print(f"{method}:", flush=True)
        process = multiprocessing.get_context(method).Process(target=task)
        process.start()
        process.join()

# Prints:
#   the top of the file, as __main__, in process …
#   fork:
#   its task, in process …
#   spawn:
#   the top of the file, as __mp_main__, in process …
#   its task, in process …
#   forkserver:
#   the top of the file, as __mp_main__, in process …
#   its task, in process …
