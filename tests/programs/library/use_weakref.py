# Weak references: proxies, callbacks, dictionaries, sets, finalize. Death is always asked for, so each manager agrees.
# suite: stress=997
import gc
import weakref


class Thing:
    def __init__(self, name): self.name = name

    def __repr__(self): return f"Thing({self.name})"

    def method(self): return self.name


def dies(make):
    """Builds things in a frame of its own, drops them, collects; returns what `make` returned."""
    result = make()
    for _ in range(3):
        gc.collect()
    return result


alive = Thing("alive")
r = weakref.ref(alive)
p = weakref.proxy(alive)
print(r() is alive, p.name, p.method(), weakref.ref(alive) is r, weakref.getweakrefcount(alive), r == weakref.ref(alive), hash(r) == hash(alive), type(r).__name__, isinstance(p, Thing))
p.name = "renamed"
print(alive.name, str(p), bool(p), weakref.getweakrefs(alive)[0] is r)
log = []


def many():
    return [weakref.ref(Thing(n), lambda ref: log.append("callback")) for n in range(200)]


refs = dies(many)
dead = [ref for ref in refs if ref() is None]
print(len(dead) >= 190, len(log) == len(dead))
values = weakref.WeakValueDictionary()
keys = weakref.WeakKeyDictionary()
members = weakref.WeakSet()
kept = [Thing(n) for n in range(3)]


def fill():
    for n in range(200):
        thing = kept[n] if n < 3 else Thing(n)
        values[n] = thing
        keys[thing] = n
        members.add(thing)


dies(fill)
print(len(values) <= 13, len(keys) <= 13, len(members) <= 13, [values[n].name for n in range(3)], [keys[t] for t in kept], all(t in members for t in kept), 0 in values, values.get(1))
print(values.pop(0), len(keys.copy()) >= 3, sorted(keys.items(), key=lambda kv: kv[1])[:3])
finished = []


def finalizers():
    for n in range(100):
        weakref.finalize(Thing(n), finished.append, n)


dies(finalizers)
print(len(finished) >= 95, len(set(finished)) == len(finished))
f = weakref.finalize(alive, print, "finalized by hand")
print(f.alive, f.detach() is not None, f.alive, f())
f = weakref.finalize(alive, lambda: "result")
print(f(), f(), f.alive)
m = weakref.WeakMethod(alive.method)
print(m()(), m == weakref.WeakMethod(alive.method))
for action in (lambda: weakref.ref(5), lambda: weakref.ref([]), lambda: weakref.proxy("s"), lambda: values.__setitem__("k", 3), lambda: hash(p)):
    try:
        print(action())
    except TypeError as error:
        print(error)


class Slots:
    __slots__ = ("x",)


class SlotsWeak:
    __slots__ = ("x", "__weakref__")


for cls in (Slots, SlotsWeak):
    try:
        o = cls()
        print(weakref.ref(o)() is o)
    except TypeError as error:
        print(error)


class MyRef(weakref.ref):
    def __init__(self, o, callback=None):
        super().__init__(o, callback)
        self.extra = "extra"


mine = MyRef(alive)
print(mine.extra, mine() is alive, mine is not MyRef(alive), mine == r)
proxies = dies(lambda: [weakref.proxy(Thing(n)) for n in range(50)])
errors = 0
for proxy in proxies:
    try:
        proxy.name
    except ReferenceError as error:
        errors += 1
        message = str(error)
print(errors >= 45, message)
