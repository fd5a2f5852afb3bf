# Decorators: order, arguments, classes as decorators and decorated, any expression, functools.wraps.
# suite: gc=none
def mark(label):
    print("making", label)

    def decorate(thing):
        print("applying", label, "to", thing.__name__)
        thing.marks = getattr(thing, "marks", ()) + (label,)
        return thing

    return decorate


@mark("outer")
@mark("inner")
def function():
    pass


@mark("class")
class Decorated:
    @mark("method")
    def method(self):
        return "method"

    @staticmethod
    @mark("static")
    def static():
        return "static"


print(function.marks, Decorated.marks, Decorated.method.marks, Decorated.static.marks, Decorated.static())


class Memo:
    def __init__(self, function):
        self.function, self.known = function, {}

    def __call__(self, n):
        if n not in self.known:
            self.known[n] = self.function(n)
        return self.known[n]


@Memo
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(80), len(fib.known))

registry = {}


@lambda f: registry.setdefault(f.__name__, f)
def registered():
    return "registered"


print(registry["registered"](), registered())


@lambda f: print("given", f.__name__)
def replaced_by_none():
    pass


print(replaced_by_none)

decorators = [mark("from a list")]


@decorators[0]
def subscripted(): pass


@(mark("conditional") if True else None)
def conditional(): pass


def repeat(times):
    def decorate(f):
        def wrapper(*args, **kwargs):
            return [f(*args, **kwargs) for _ in range(times)]

        wrapper.__wrapped__ = f
        return wrapper

    return decorate


@repeat(times=3)
def greet(name, *, polite=False):
    "Greets."
    return ("Dear " if polite else "") + name


print(greet("you", polite=True), greet.__wrapped__("me"), greet.__name__, greet.__doc__)

import functools


def wrapping(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) + 1

    return wrapper


@wrapping
def original(a: int) -> int:
    "Its doc."
    return a


print(original(1), original.__name__, original.__doc__, original.__wrapped__(1), original.__annotations__)


class Bound:
    @functools.partial(lambda label, f: (lambda self: (label, f(self))), "partial")
    def method(self):
        return type(self).__name__

    @property
    @functools.lru_cache
    def cached(self):
        print("computed")
        return 1


b = Bound()
print(b.method(), b.cached, b.cached)
try:
    @mark
    class Wrong(metaclass=1):
        pass
except TypeError as error:
    print(error)
