# What calls that are over have left behind keeps nothing alive: text was made of an object, it was written, printed, waited for,
# iterated over, raised, sent through frames of all kinds; then it is dropped, and a collection finds it dead.
# suite: stress=7
import contextlib
import gc
import io
import os
import threading
import weakref


class Thing(set):
    def __lt__(self, other): return id(self) < id(other)

    def __call__(self, *args, **kwargs): return self

    def __enter__(self): return self

    def __exit__(self, *exc): return True


def text(thing): return str(thing), repr(thing), f"{thing!r:>20}", "%s" % thing


def written(thing):
    with open(os.devnull, "w") as file:
        print(thing, file=file, flush=True)
        os.write(file.fileno(), repr(thing).encode())


def raised(thing):
    try:
        raise ValueError(thing)
    except ValueError as error:
        assert error.args[0] is thing


def deep(thing, depth=200): return deep(thing, depth - 1) if depth else len(thing)


def sorted_with(thing): return len(sorted([thing, Thing(), Thing()]))


def generated(thing):
    def numbers(one):
        yield one
        yield from [one, one]
    return sum(len(item) for item in numbers(thing))


def through_a_thread(thing):
    worker = threading.Thread(target=text, args=(thing,))
    worker.start()
    worker.join()


def with_keywords(thing): return thing(1, *(thing, thing), key=thing, **{"other": thing})


def silenced(thing):
    with thing:
        raise KeyError(thing)


def joined(thing): return "".join(map(str, [thing] * 3)), min(thing, Thing()), [*thing], {thing: 1} if thing is None else 0


def printed(thing):
    with contextlib.redirect_stdout(io.StringIO()):
        print(thing, [thing], (thing,), {1: thing})


def die(use):
    thing = Thing("word")
    ref = weakref.ref(thing)
    use(thing)
    thing = None
    gc.collect()
    return ref() is None


for use in text, written, raised, deep, sorted_with, generated, through_a_thread, with_keywords, silenced, joined, printed:
    # A word that merely looks like a reference may keep one, but hardly each.
    print(use.__name__, any(die(use) for _ in range(8)))
