from multiprocessing import Process, Queue


def work(results, size):
    results.put("x" * size)


def join_first(child, results):
    child.join(timeout=1)  # without the limit, this could block forever
    print("  The child has ended" if not child.is_alive() else "  The child cannot end")
    print(f"  Parent got {len(results.get())} bytes")


def get_first(child, results):
    print(f"  Parent got {len(results.get())} bytes")
    child.join()
    print("  The child has ended")


def run(title, collect, size):
    print(f"{title}, a result of {size} bytes:")
    results = Queue()
    child = Process(target=work, args=(results, size))
    child.start()
    collect(child, results)


if __name__ == "__main__":
    run("Join, then get", join_first, 100)
    run("Join, then get", join_first, 1_000_000)
    run("The fix: get, then join", get_first, 1_000_000)

# Prints:
#   Join, then get, a result of 100 bytes:
#   The child has ended
#   Parent got 100 bytes
#   Join, then get, a result of 1000000 bytes:
#   The child cannot end
#   Parent got 1000000 bytes
#   The fix: get, then join, a result of 1000000 bytes:
#   Parent got 1000000 bytes
#   The child has ended
