import multiprocessing
import os

number = 1  # a global variable, which the main process changes


def look(method, main):
    # Runs in the new process: which of main's changes are visible here?
    seen = (
        number == 2,
        os.access("/proc/self/fd/100", os.F_OK),
        "COURSE_CHAPTER" in os.environ,
        os.getcwd() == "/dev",
        os.getppid() == main,
    )
    print(f"{method:10}", *(f"{'yes' if here else 'no':>13}" for here in seen))


if __name__ == "__main__":
    # The fork server starts when the first process is requested.
    first = multiprocessing.get_context("forkserver").Process()
    first.start()
    first.join()
    number = 2
    os.dup2(1, 100)
    os.environ["COURSE_CHAPTER"] = "processes"
    os.chdir("/dev")
    print("Inherited ", *(f"{what:>13}" for what in ("variable", "open file", "environment", "directory", "child of main")))
    for method in ("fork", "spawn", "forkserver"):
        process = multiprocessing.get_context(method).Process(target=look, args=(method, os.getpid()))
        process.start()
        process.join()

# Prints:
#   Inherited       variable     open file   environment     directory child of main
#   fork                 yes           yes           yes           yes           yes
#   spawn                 no            no           yes           yes           yes
#   forkserver            no            no            no           yes            no
