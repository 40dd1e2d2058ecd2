import os
import sys


def greet(number):
    print(f"Hello from process number {number}")


def start(number):
    sys.stdout.flush()  # otherwise both processes would write what is in the buffer
    pid = os.fork()
    if pid > 0:
        return pid
    try:
        greet(number)
        sys.stdout.flush()
    except Exception as error:
        print(f"process number {number}: {error}", file=sys.stderr)
        os._exit(1)
    os._exit(0)  # or the child would continue its parent's work


def wait_for(pid):
    _, status = os.waitpid(pid, 0)
    # One number holds either the exit code or the signal.
    if os.WIFSIGNALED(status):
        print(f"{pid}: signal {os.WTERMSIG(status)}", file=sys.stderr)
    return status == 0


if __name__ == "__main__":
    greeters = [start(number) for number in range(2)]
    well = [wait_for(pid) for pid in greeters]
    print("Main process is done")
    sys.exit(0 if all(well) else 1)

# Prints, in any order:
#   Hello from process number 0
#   Hello from process number 1
#   Main process is done
