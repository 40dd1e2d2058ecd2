from multiprocessing import Manager, Process


def fill(words, numbers, key):
    words[key] = key.upper()
    numbers.append(len(key))


if __name__ == "__main__":
    with Manager() as manager:  # a server process
        words, numbers = manager.dict(), manager.list()  # proxies
        workers = [Process(target=fill, args=(words, numbers, key)) for key in ("pipe", "lock")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(sorted(words.items()))
        print(list(numbers))

# Prints:
#   [('lock', 'LOCK'), ('pipe', 'PIPE')]
#   [4, 4]
