# Generic aliases, unions, simple namespaces and struct sequences.
# suite: gc=none stress=997
import copy
import time
import types
import typing

T, U = typing.TypeVar("T"), typing.TypeVar("U")
for alias in (list[int], list[()], tuple[()], tuple[int, ...], dict[str, list[T]], list[[int, str]], list["x"], dict[T, U], type[T], types.GenericAlias(int, 3)):
    print(alias, alias.__origin__, alias.__args__, alias.__parameters__, hash(alias) == hash(copy.copy(alias)) if alias != list[[int, str]] else "-")
print(dict[str, list[T]][int], dict[T, U][int, str], dict[T, list[U]][U, T], (int | list[T])[str], list[T] | T, (T | None)[int])
print(list[int]([1]), dict[str, int](a=1), list[int].append is list.append, list[int] == list[int], list[int] == list[str], list[int].__mro_entries__(()))
star = next(iter(tuple[int, str]))
print(star, star.__unpacked__, star.__typing_unpacked_tuple_args__, tuple[star, float], list[int].__unpacked__, list[int].__reduce__())


class Child(list[int]):
    pass


print(Child.__bases__, Child.__orig_bases__, Child([1, 2]), isinstance(Child(), list))
u = int | str
print(u, u == (str | int), hash(u) == hash(str | int), u.__args__, u | float, u | None, None | u, int | int, isinstance(1, u), isinstance(1.0, u), issubclass(bool, u))
print(type(u), type(u) is typing.Union, u.__module__, u.__name__, types.UnionType[int, str] == u, typing.Optional[int], typing.Union[int], typing.Union["a", int])
odd = typing.Union[int, types.GenericAlias(list, ([],))]
print(odd, odd == typing.Union[types.GenericAlias(list, ([],)), int])

n = types.SimpleNamespace(a=1, b=[2])
n.me = n
print(n, n.a, n.__dict__.keys(), types.SimpleNamespace({"x": 1}, y=2), types.SimpleNamespace([("k", "v")]), types.SimpleNamespace(a=1) == types.SimpleNamespace(a=1))
del n.me
print(n.__reduce__(), copy.replace(n, a=5), n != copy.replace(n, a=5), hasattr(n, "z"))


class Space(types.SimpleNamespace):
    pass


print(Space(q=1), copy.copy(Space(q=1)))

t = time.struct_time((2026, 1, 2, 3, 4, 5, 4, 2, 0))
print(t, t.tm_year, t[0], len(t), t[:2], t == (2026, 1, 2, 3, 4, 5, 4, 2, 0), t.tm_zone, t.n_fields, t.n_sequence_fields, t.n_unnamed_fields)
print(time.struct_time.__match_args__, t.__reduce__(), copy.replace(t, tm_year=1), copy.replace(t, tm_zone="X").tm_zone, time.struct_time(range(9), {"tm_zone": "Z"}).tm_zone)
match t:
    case time.struct_time(year, month):
        print(year, month)
for action in (
    lambda: list[int][int], lambda: list[T][int, str], lambda: dict[T, U][int], lambda: isinstance(1, list[int]), lambda: issubclass(int, list[int]),
    lambda: isinstance([], list[int] | int), lambda: int | 3, lambda: 3 | int, lambda: types.GenericAlias(int), lambda: types.GenericAlias(int, a=1),
    lambda: list[int] < list[str], lambda: list[int].foo, lambda: u.foo, lambda: setattr(u, "x", 1), lambda: types.UnionType[()], lambda: types.UnionType(),
    lambda: u[int], lambda: hash(odd), lambda: types.new_class("A", (u,)), lambda: type("A", (list[int],), {}), lambda: types.SimpleNamespace(1),
    lambda: types.SimpleNamespace(1, 2), lambda: types.SimpleNamespace({1: 1}), lambda: n < n, lambda: hash(n), lambda: n.__replace__(1),
    lambda: time.struct_time((1, 2)), lambda: time.struct_time(1), lambda: time.struct_time(range(12)), lambda: time.struct_time(range(9), 3),
    lambda: time.struct_time(range(9), {"foo": 3}), lambda: time.struct_time(), lambda: copy.replace(t, foo=5), lambda: setattr(t, "tm_year", 1),
    lambda: type("S", (time.struct_time,), {}),
):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
