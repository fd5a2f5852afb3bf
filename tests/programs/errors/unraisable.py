# Exceptions that nobody can catch: in __del__, in a weakref callback, in a generator's finally.
import gc
import sys
import weakref

seen = []
sys.unraisablehook = lambda args: seen.append((type(args.exc_value).__name__, str(args.exc_value), args.err_msg is not None or args.object is not None))


class Dies:
    def __del__(self):
        raise ValueError("in __del__")


def callback(ref):
    raise KeyError("in a callback")


def generator():
    try:
        yield
    finally:
        raise TypeError("in finally")


class Plain:
    pass


def make():
    Dies()
    weakref.ref(Plain(), callback)
    kept = [weakref.ref(Plain(), callback) for _ in range(20)]
    for _ in range(20):
        Dies()
        next(generator())
    return kept


refs = make()
gc.collect()
gc.collect()
for kind in sorted({entry[0] for entry in seen}):
    entries = [entry for entry in seen if entry[0] == kind]
    print(kind, entries[0], len(entries) >= 15)
print("still running")
