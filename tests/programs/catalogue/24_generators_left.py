# Generators that are left half-run: their finally blocks run when they die; any(...) and next(...) that stop early.
import gc

COUNT = 60
MOST = COUNT - 8
log = []


def collect():
    for _ in range(3):
        gc.collect()


def generator(n):
    try:
        yield n
        yield n + 1
    except GeneratorExit:
        log.append("exit")
        raise
    finally:
        log.append("finally")


def left():
    for n in range(COUNT):
        next(generator(n))


def stopped_early():
    for n in range(COUNT):
        any(v is not None for v in generator(n))
        next(iter(generator(n)))
        for v in generator(n):
            break


def in_cycles():
    for n in range(COUNT):
        holder = []
        g = generator(n)
        holder += [g, holder]
        next(g)


def delegated():
    def outer(n):
        try:
            yield from generator(n)
        finally:
            log.append("outer")

    for n in range(COUNT):
        next(outer(n))


def never_started():
    for n in range(COUNT):
        generator(n)


for use, expected in ((left, 1), (stopped_early, 3), (in_cycles, 1), (delegated, 1)):
    log.clear()
    use()
    collect()
    print(use.__name__, log.count("exit") >= expected * MOST, log.count("finally") == log.count("exit"), log.count("outer") in (0, log.count("exit")))
log.clear()
never_started()
collect()
print("never started", log)


class Manager:
    def __enter__(self): return self

    def __exit__(self, *args): log.append(args[0].__name__)


def with_block():
    def g():
        with Manager():
            yield

    for _ in range(COUNT):
        next(g())


with_block()
collect()
print("with", set(log), len(log) >= MOST)


class Thing:
    def __init__(self, n): self.n = n

    def __del__(self): log.append(self.n)


def holds():
    def g(thing):
        yield thing.n

    for n in range(COUNT):
        next(g(Thing(n)))


log.clear()
holds()
collect()
print("what it held dies", len(log) >= MOST)


async def coroutine():
    try:
        await Wait()
    finally:
        log.append("coroutine")


class Wait:
    def __await__(self): yield


def coroutines():
    for _ in range(COUNT):
        coroutine().send(None)


log.clear()
coroutines()
collect()
print("coroutines", len(log) >= MOST)


def resumed_later():
    g = generator(1)
    next(g)
    collect()
    return next(g)


print(resumed_later())
