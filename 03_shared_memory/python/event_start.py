from multiprocessing import Event, Process, Queue, current_process


def run(signal, ready, starts):
    name = current_process().name
    ready.put(name)  # a process takes time to start; only now can it wait
    signal.wait()
    print(f"    {name} runs")
    starts.put(signal.is_set())


if __name__ == "__main__":
    signal, ready, starts = Event(), Queue(), Queue()
    runners = [Process(target=run, args=(signal, ready, starts)) for _ in range(4)]
    for runner in runners:
        runner.start()
    for _ in runners:
        print(ready.get(), "is ready")
    print("A process jumped the gun!" if not starts.empty() else "All are ready, and none has started: go!", flush=True)
    signal.set()  # wakes all of them

    after_the_signal = sum(starts.get() for _ in runners)
    for runner in runners:
        runner.join()
    print(f"{after_the_signal} of {len(runners)} started after the signal")

# Prints, in any order:
#   Process-1 is ready
#   Process-2 is ready
#   Process-3 is ready
#   Process-4 is ready
#   All are ready, and none has started: go!
#   Process-1 runs
#   Process-2 runs
#   Process-3 runs
#   Process-4 runs
#   4 of 4 started after the signal
