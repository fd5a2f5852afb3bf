# Calls: every kind of parameter, unpacking, defaults, evaluation order, and the messages of wrong calls.
# suite: gc=none
def f(a, b=2, /, c=3, *args, d, e=5, **kwargs):
    return a, b, c, args, d, e, kwargs


print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, z=7), f(*[1, 2], **{"d": 4, "a": 5}), f(1, *(), c=9, **{}, d=0))


def show(name):
    print("evaluating", name)
    return name


def any_call(*args, **kwargs):
    return args, kwargs


print(any_call(show("a"), *[show("b")], k=show("k"), *[show("c")], **{"x": show("x")}))

growing = lambda item, to=[]: to.append(item) or to
print(growing(1), growing(2), growing(3, []), growing.__defaults__)


def only_keywords(*, a, b=1): return a, b


def only_positional(a, b, /): return a, b


def none(): return "none"


def two(a, b): return a, b


def star(*args): return args


class C:
    def method(self, a): return a

    @classmethod
    def of_class(cls, a): return a

    def __call__(self, a): return a


wrong = {
    "two()": lambda: two(),
    "two(1)": lambda: two(1),
    "two(1, 2, 3)": lambda: two(1, 2, 3),
    "two(1, a=2)": lambda: two(1, a=2),
    "two(1, 2, c=3)": lambda: two(1, 2, c=3),
    "two(a=1, aa=2)": lambda: two(a=1, aa=2),
    "none(1)": lambda: none(1),
    "none(x=1)": lambda: none(x=1),
    "only_keywords()": lambda: only_keywords(),
    "only_keywords(1)": lambda: only_keywords(1),
    "only_keywords(1, a=2)": lambda: only_keywords(1, a=2),
    "only_positional(a=1, b=2)": lambda: only_positional(a=1, b=2),
    "only_positional(1, b=2)": lambda: only_positional(1, b=2),
    "star(x=1)": lambda: star(x=1),
    "f()": lambda: f(),
    "f(1)": lambda: f(1),
    "f(1, a=2)": lambda: f(1, a=2),
    "method()": lambda: C().method(),
    "method(1, 2)": lambda: C().method(1, 2),
    "of_class()": lambda: C.of_class(),
    "call()": lambda: C()(),
    "C(1)": lambda: C(1),
    "two(*5)": lambda: two(*5),
    "two(**5)": lambda: two(**5),
    "two(**{1: 2})": lambda: two(**{1: 2}),
    "two(a=1, **{'a': 2})": lambda: two(a=1, **{"a": 2}),
    "two(**{'a': 1}, **{'a': 2})": lambda: two(**{"a": 1}, **{"a": 2}),
    "5()": lambda: (5)(),
    "len()": lambda: len(),
    "len(1, 2)": lambda: len(1, 2),
    "len(x=1)": lambda: len(x=1),
    "len(5)": lambda: len(5),
    "[].append()": lambda: [].append(),
    "[].append(1, 2)": lambda: [].append(1, 2),
    "[].sort(1)": lambda: [].sort(1),
    "''.join(1)": lambda: "".join(1),
    "''.split(x=1)": lambda: "".split(x=1),
    "int(1, 2, 3)": lambda: int(1, 2, 3),
    "int(x=1)": lambda: int(x=1),
    "isinstance(1)": lambda: isinstance(1),
    "dict(1)": lambda: dict(1),
    "range()": lambda: range(),
    "print(x=1)": lambda: print(x=1),
    "sorted()": lambda: sorted(),
    "max()": lambda: max(),
}
for name, action in wrong.items():
    try:
        print(name, "->", action())
    except TypeError as error:
        print(name, "->", error)


def swapped(a, b, c): return a, b, c


print(swapped(c=1, b=2, a=3), swapped(*"xyz"), swapped(**dict(zip("abc", range(3)))))


def defaults_are_evaluated_once(n=show("default")): return n


print(defaults_are_evaluated_once(), defaults_are_evaluated_once("given"))
f.__defaults__ = (20, 30)
f.__kwdefaults__ = {"e": 50}
print(f(1, d=4))
f.__kwdefaults__ = None
try:
    f(1, d=4)
except TypeError as error:
    print(error)
print(two.__code__.co_argcount, f.__code__.co_posonlyargcount, f.__code__.co_kwonlyargcount, f.__code__.co_varnames)


def recursive(n, acc=()):
    return acc if n == 0 else recursive(n - 1, (*acc, n))


print(recursive(5))
print((lambda *a, **k: (a, k))(1, *[2, 3], x=4, **{"y": 5}))
print(list(map(lambda a, b=1: a + b, [1, 2])), sorted("bca", key=lambda c: -ord(c)))


class Meta(type):
    def __call__(cls, *args, **kwargs):
        return "called", args, kwargs


class WithMeta(metaclass=Meta):
    pass


print(WithMeta(1, a=2))


def many(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, *, k0=0, k1=1): return a9, k1


print(many(*range(10)), many(*range(5), *range(5), k1="k"), max(*range(300), key=lambda v: -v))
keys = {f"k{i}": i for i in range(100)}
print(sum((lambda **k: k)(**keys).values()))
