# Type parameters and annotations: generic functions and classes, type aliases, laziness, bounds and defaults, forward references.
# suite: stress=997
import annotationlib
from typing import get_type_hints


def first[T](items: list[T]) -> T:
    return items[0]


class Box[T: (int, str), *Ts, **P]:
    item: T

    def get[U](self, default: U) -> T | U:
        return getattr(self, "item", default)


type Pair[A, B = int] = tuple[A, B]
type Tree = int | list[Tree]

print(first([1]), first.__type_params__, first.__annotations__)
print(Box.__type_params__, Box.__bases__, Box.__parameters__, Box[int, str, float, [bool]].__args__ is not None)
print(Box.__type_params__[0].__constraints__, Box().get(3), Box.get.__type_params__)
print(Pair, Pair.__type_params__, Pair.__value__, Pair[int, str], Pair.__type_params__[1].__default__)
print(Tree.__value__, Tree.__name__)


def bounded[T: int = bool](x: T) -> T:
    return x


(t,) = bounded.__type_params__
print(t.__bound__, t.__default__, t.__name__, t.__infer_variance__)


def lazy[T: undefined_bound](x: T): pass


try:
    lazy.__type_params__[0].__bound__
except NameError as error:
    print(error)


class Sub[T](dict[str, T]):
    pass


print(Sub.__orig_bases__, Sub.__mro__[1].__name__)


class Forward:
    parent: Forward
    later: NotYet

    def method(self, other: NotYet) -> Forward: pass


try:
    Forward.__annotations__
except NameError as error:
    print(error)
print(annotationlib.get_annotations(Forward, format=annotationlib.Format.STRING))
forward = annotationlib.get_annotations(Forward, format=annotationlib.Format.FORWARDREF)
print(forward["parent"] is Forward, type(forward["later"]).__name__)


class NotYet: pass


print(Forward.__annotations__["later"] is NotYet, Forward.method.__annotations__["return"] is Forward)


def evaluated(a: not_evaluated() = 1, *args: int, k: "string" = 2, **kw: dict) -> None: pass


print(sorted(annotationlib.get_annotations(evaluated, format=annotationlib.Format.STRING)))
x: int = 1
y: list[int]
(z): str = "parenthesised"
import sys

print(sys.modules[__name__].__annotations__, "y" in globals())
print(list[int], dict[str, list[int]], tuple[int, ...], int | None, type[int], list[int] == list[int], list[int].__origin__)
print(isinstance(1, int | str), issubclass(bool, int | str), int | str == str | int, (int | str).__args__)
for action in (lambda: isinstance([], list[int]), lambda: int | 3, lambda: list[int][str], lambda: Pair[1, 2, 3]):
    try:
        print(action())
    except TypeError as error:
        print(error)


def scope[T](x=lambda: T):
    return T, x


print(scope()[0].__name__)


class Outer[T]:
    class Inner:
        kind = T

    def method(self): return T


print(Outer.Inner.kind is Outer.__type_params__[0], Outer().method() is Outer.__type_params__[0])
print(get_type_hints(Box.get)["default"])
for source in ("def f[T, T](): pass", "class C[T=int, U]: pass", "type X[T: (yield)] = T", "def f[T: (x := 1)](): pass"):
    try:
        compile(source, "s", "exec")
        print("compiled")
    except SyntaxError as error:
        print(error.msg)
