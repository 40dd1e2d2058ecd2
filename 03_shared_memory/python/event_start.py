from multiprocessing import Event, Process, Queue, current_process


def run(signal, ready, started):
    ready.put(current_process().name)
    signal.wait()
    started.put(current_process().name)


if __name__ == "__main__":
    signal, ready, started = Event(), Queue(), Queue()
    for _ in range(4):
        Process(target=run, args=(signal, ready, started)).start()
    for _ in range(4):
        ready.get()
    print(f"All are ready, and {'none has' if started.empty() else 'some have'} started: go!")
    signal.set()
    print(f"{len([started.get() for _ in range(4)])} started")

# Prints:
#   All are ready, and none has started: go!
#   4 started
