# Corners of types: descriptors' complaints, odd keys, custom MROs, __bases__ set meanwhile, dicts behind bases, throw and super.
import gc
import types
import warnings
import weakref


def shown(action, *args, **kwargs):
    try:
        return action(*args, **kwargs)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


print(shown((2).__pow__), shown((2).__rpow__, 1, 2, 3), shown(sorted), shown(sorted, [2, 1], reverse=True))
print(shown(min, 0, default=1, key=2, foo=3))
print(shown(property().__set__, 1, 2), shown(setattr, property(), "fget", 1))
print(None.__ne__(None), None.__ne__(1))
print(sum([1.0, 10**100, 1.0, -10**100]))


class Slotted:
    __slots__ = "a"


print(shown(lambda: Slotted().a), shown(Slotted.a.__get__, 1), shown(Slotted.a.__delete__, Slotted()))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    type("Odd", (), {1: 2})
print([str(w.message) for w in caught])


class Plain:
    pass


class Meta(Plain, type):
    pass


class Made(metaclass=Meta):
    pass


print(shown(Plain.__dict__["__dict__"].__set__, Made, {}))


class Base:
    value = 1


class Ordering(type):
    def mro(cls):
        return (cls, Base, object)


class Ordered(metaclass=Ordering):
    pass


seen = [Ordered.value]
for Base.value in (2, 3):
    seen.append(Ordered.value)
print(seen)


class Foreign(type):
    def mro(cls):
        return (Base,)


print(shown(Foreign, "NotItself", (), {}))


class Switching(type):
    armed = False

    def mro(cls):
        if Switching.armed and cls.__name__ == "Low":
            Switching.armed = False
            Low.__bases__ = (Second,)
        return type.mro(cls)


class Top(metaclass=Switching):
    pass


class First(Top):
    pass


class Second(Top):
    pass


class Low(Top):
    pass


Switching.armed = True
Low.__bases__ = (First,)
First.__bases__ = (Low,)
print(Low.__bases__, Second.__subclasses__(), First.__subclasses__(), Low.__subclasses__())


class SubModule(types.ModuleType):
    extra = 1


module = types.ModuleType("m")
module.__class__ = SubModule
print(module.extra)
module.__class__ = types.ModuleType
print(hasattr(module, "extra"))
module.m = len
print(shown(module))


class BadException(Exception):
    def __new__(cls):
        return cls


def waiting():
    try:
        yield
    except TypeError as error:
        print("inside:", error)
        yield "went on"


generator = waiting()
next(generator)
print(generator.throw(BadException), shown(list, generator))


class Odd:
    __eq__ = property(lambda self: self.missing)


print(Odd() == Odd())


def numbers():
    yield from range(3)


frame = (generator := numbers()).gi_frame
list(generator)
print(frame.f_back, shown(lambda: [*(x for x in ())]))


async def nothing():
    pass


coroutine = nothing()
print(shown(coroutine.send, None), shown(coroutine.throw, ValueError("x")))


class Evil(str):
    def __str__(self):
        del error.object
        return "utf-8"


error = UnicodeEncodeError(Evil("utf-8"), "x", 0, 1, "reason")
print(shown(str, error))


class Weak:
    pass


def collected():
    o = Weak()
    r = weakref.ref(o)
    assert r() is o
    del o
    gc.collect()
    return r()


print(collected())
