# The two orders of death that a program can tell apart, and what the gc module promises.
import gc
import sys
import weakref

COUNT = 40
MOST = COUNT - 8


class Thing:
    def __init__(self, log): self.log = log

    def __del__(self): self.log.append(("del", self.ref() is not None))


def without_cycle(logs, refs):
    for _ in range(COUNT):
        log = []
        thing = Thing(log)
        thing.ref = weakref.ref(thing)
        refs.append(weakref.ref(thing, lambda ref, log=log: log.append(("callback", ref() is None))))
        logs.append(log)


def with_cycle(logs, refs):
    for _ in range(COUNT):
        log = []
        thing = Thing(log)
        thing.ref = weakref.ref(thing)
        thing.me = thing
        refs.append(weakref.ref(thing, lambda ref, log=log: log.append(("callback", ref() is None))))
        logs.append(log)


for make in (without_cycle, with_cycle):
    logs, refs = [], []
    make(logs, refs)
    for _ in range(3):
        gc.collect()
    done = [tuple(log) for log in logs if log]
    print(make.__name__, len(done) >= MOST, sorted(set(done)))


class Owner:
    def __init__(self, log): self.log, self.owned = log, Owned(log)

    def __del__(self): self.log.append("owner " + str(self.owned.alive))


class Owned:
    def __init__(self, log): self.log, self.alive = log, True

    def __del__(self):
        self.alive = False
        self.log.append("owned")


def owners(logs):
    for _ in range(COUNT):
        logs.append([])
        Owner(logs[-1])


logs = []
owners(logs)
for _ in range(3):
    gc.collect()
done = [tuple(log) for log in logs if log]
# A word that looks like a reference may keep something that is owned longer than its owner.
print(len(done) >= MOST, {log[0] for log in done}, ("owner True", "owned") in done)
try:
    gc.collect(3)
except ValueError as error:
    print(error)
seen = []


def callback(phase, info):
    seen.append((phase, sorted(info)))


gc.callbacks.append(callback)
gc.collect()
gc.callbacks.remove(callback)
print(seen[:2], seen == seen[:2] * (len(seen) // 2))
print(gc.is_tracked([]), gc.is_tracked({}), gc.is_tracked(5), gc.is_tracked("s"), gc.is_finalized([]), gc.isenabled(), gc.get_objects()[0:0], isinstance(gc.get_count(), tuple), len(gc.get_stats()), sorted(gc.get_stats()[0]))
gc.disable()
print(gc.isenabled(), gc.enable(), gc.isenabled(), gc.get_debug(), gc.garbage)
probe = ["found"]
holder = (probe, 1)
print(any(r is holder for r in gc.get_referrers(probe)), any(r is probe for r in gc.get_referents(holder)), any(o is probe for o in gc.get_objects()))
gc.set_threshold(500, 5, 5)
print(gc.get_threshold()[:2], gc.freeze(), gc.get_freeze_count() > 0, gc.unfreeze(), gc.get_freeze_count())
print(isinstance(gc.collect(), int), sys.getrefcount(None) >= 3 << 30)
