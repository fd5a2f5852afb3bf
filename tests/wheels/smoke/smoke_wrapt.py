"""Transparent proxies and decorators."""

import inspect

import wrapt
from wrapt import FunctionWrapper, ObjectProxy


@wrapt.decorator
def logged(wrapped, instance, args, kwargs):
    calls.append((wrapped.__name__, type(instance).__name__, args, kwargs))
    return wrapped(*args, **kwargs)


calls = []


@logged
def add(a, b=2):
    "Adds."
    return a + b


class Thing:
    @logged
    def method(self, x):
        return x * 2

    @logged
    @classmethod
    def make(cls):
        return cls.__name__

    @logged
    @staticmethod
    def still(x):
        return -x


print(add(1), add(1, b=5), Thing().method(4), Thing.make(), Thing.still(3))
print(calls)
print(add.__name__, add.__doc__, inspect.signature(add), isinstance(add, FunctionWrapper))
p = ObjectProxy([1, 2, 3])
p.append(4)
p += [5]
print(p, len(p), p[1:3], list(reversed(p)), isinstance(p, list), type(p).__name__, p == [1, 2, 3, 4, 5], bool(p))
n = ObjectProxy(10)
print(n + 5, 5 + n, n // 3, divmod(n, 3), -n, n**2, hash(n) == hash(10), float(n), f"{n:03d}", n < 11)
for bad in (lambda: ObjectProxy(1)(), lambda: p.nothing, lambda: ObjectProxy(), lambda: n + "x"):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)


class Counting(ObjectProxy):
    def __init__(self, wrapped):
        super().__init__(wrapped)
        self._self_count = 0

    def get(self, *a):
        self._self_count += 1
        return self.__wrapped__.get(*a)


c = Counting({"a": 1})
print(c.get("a"), c.get("b", 7), c._self_count, c.__wrapped__)
partial = wrapt.PartialCallableObjectProxy(add, 10)
print(partial(), partial(b=1))
