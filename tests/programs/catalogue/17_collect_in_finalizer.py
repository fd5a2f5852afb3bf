# A collection inside a finalizer; __del__ that is added to a class after its instances exist; resurrection.
import gc
import weakref

COUNT = 60
MOST = COUNT - 8
log = []


def collect():
    for _ in range(3):
        gc.collect()


class Collects:
    def __init__(self): self.me = self

    def __del__(self):
        junk = [[n] for n in range(20)]
        junk.append(junk)
        gc.collect()
        log.append(self.me is self)


def drop(make):
    for _ in range(COUNT):
        make()


drop(Collects)
collect()
print(len(log) >= MOST, set(log))


class Late:
    def __init__(self, cycle):
        if cycle:
            self.me = self


def late(cycle):
    instances = [Late(cycle) for _ in range(COUNT)]
    Late.__del__ = lambda self: log.append("late")
    return len(instances)


for cycle in (False, True):
    log.clear()
    late(cycle)
    collect()
    print("late", cycle, len(log) >= MOST)
    del Late.__del__


class Base:
    pass


class Derived(Base):
    pass


def through_base():
    instances = [Derived() for _ in range(COUNT)]
    Base.__del__ = lambda self: log.append("through the base")
    return len(instances)


log.clear()
through_base()
collect()
print("through the base", len(log) >= MOST)
saved = []


class Lazarus:
    def __init__(self, cycle):
        if cycle:
            self.me = self

    def __del__(self):
        log.append("died")
        saved.append(self)


for cycle in (False, True):
    log.clear()
    drop(lambda: Lazarus(cycle))
    collect()
    print("resurrected", cycle, len(saved) == len(log) >= MOST, all(isinstance(s, Lazarus) for s in saved))
    refs = [weakref.ref(s) for s in saved]
    del saved[:]
    collect()
    print("once only", len(log) == len(refs), sum(ref() is None for ref in refs) >= len(refs) - 8)


class Creates:
    def __init__(self, depth): self.depth = depth

    def __del__(self):
        log.append(self.depth)
        if self.depth:
            child = Creates(self.depth - 1)
            child.me = child


log.clear()
drop(lambda: Creates(2))
for _ in range(4):
    collect()
print("each generation of children dies", [log.count(depth) >= MOST for depth in range(3)])
