# A class that dies in the same collection as its instances, its metaclass, and instances that it references itself.
import gc
import weakref

COUNT = 60
# A conservative collector may keep a few of many for what happens to lie on the stack.
MOST = COUNT - 8
deaths = []


def build(n):
    class Meta(type):
        def __del__(cls): deaths.append("class")

    class Dying(metaclass=Meta):
        instances = []

        def __init__(self, name):
            self.name = name
            self.instances.append(self)

        def __del__(self): deaths.append(("instance", self.name, type(self).__name__, len(type(self).__mro__)))

    class Child(Dying):
        pass

    first, second = Dying("first"), Child("second")
    first.other, second.other = second, first
    Dying.itself = Dying
    Child.instance = second
    return weakref.ref(Dying), weakref.ref(Child), weakref.ref(Meta), weakref.ref(first)


refs = [build(n) for n in range(COUNT)]
for _ in range(3):
    gc.collect()
dead = [sum(ref() is None for ref in column) >= MOST for column in zip(*refs)]
instances = [death for death in deaths if death != "class"]
print(dead, deaths.count("class") >= 2 * MOST, len(instances) >= 2 * MOST)
print(sorted(set(instances)))


def slots_and_properties():
    class Slotted:
        __slots__ = ("me", "__weakref__")

        @property
        def kind(self): return type(self)

        def __del__(self): deaths.append(self.kind.__name__)

    s = Slotted()
    s.me = s
    return weakref.ref(s), weakref.ref(Slotted)


deaths.clear()
refs = [slots_and_properties() for _ in range(COUNT)]
for _ in range(3):
    gc.collect()
print([sum(ref() is None for ref in column) >= MOST for column in zip(*refs)], len(deaths) >= MOST, set(deaths))


class Base:
    pass


def subclass(n):
    return weakref.ref(type(f"Sub{n}", (Base,), {"method": lambda self: super(Base, self)}))


refs = [subclass(n) for n in range(COUNT)]
for _ in range(3):
    gc.collect()
print(sum(ref() is None for ref in refs) >= MOST, len(Base.__subclasses__()) <= COUNT - MOST, Base().__class__ is Base)
