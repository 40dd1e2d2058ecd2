import subprocess


def run(program, *arguments, limit=0.5):
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=limit)
    except FileNotFoundError:
        print(f"there is no program {program}")
    except subprocess.TimeoutExpired:
        print(f"{program}: time limit of {limit} s exceeded")
    else:
        # A negative number is the signal that ended it.
        print(f"{program}: {len(done.stdout)} bytes of output, exit code {done.returncode}")
        if len(done.stdout) < 80:
            print(done.stdout, end="")


if __name__ == "__main__":
    run("echo", "What a program writes can be read.")
    run("seq", "100000")
    run("sh", "-c", "exit 3")
    run("sleep", "60")
    run("no-such-program")

# Prints:
#   echo: 35 bytes of output, exit code 0
#   What a program writes can be read.
#   seq: 588895 bytes of output, exit code 0
#   sh: 0 bytes of output, exit code 3
#   sleep: time limit of 0.5 s exceeded
#   there is no program no-such-program
