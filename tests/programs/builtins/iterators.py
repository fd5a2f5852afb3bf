# Ranges, enumerate, reversed, zip, map, filter and the iterators over sequences: values, lengths left, pickling, errors.
# suite: gc=none stress=997
import operator

big = range(1 << 65)
steps = [range(0), range(5), range(2, 9, 3), range(9, 2, -3), range(1, 5, 2), big, range(-(1 << 70), 1 << 70, 1 << 69)]
for r in steps:
    print(r, bool(r), hash(r) == hash(range(r.start, r.stop, r.step)), r == range(r.start, r.stop, r.step), r[:2], r[::-1], r[5:1:-2])
print([list(r) for r in steps[:5]], list(steps[6]), big[-1], big[1 << 64], big.index(1 << 63), (1 << 64) in big, 3.0 in range(5), "a" in range(3))
print(range(10)[2:5:2], range(10)[-1], range(10).count(3), range(10).count(3.0), range(0, 3, 2) == range(0, 4, 2), range(0) == range(2, 2), range(True).stop)
print(len(range(1 << 62)), iter(big).__length_hint__(), iter(range(5)).__reduce__(), iter(big).__reduce__()[1], range(3).__reduce__(), reversed(range(0, 9, 4)).__reduce__()[1])
it = iter(range(10))
next(it), it.__setstate__(4)
print(next(it), it.__length_hint__(), list(it), list(it), it.__reduce__())
it = iter(big)
it.__setstate__(1 << 64)
print(next(it), next(it))

for make in (lambda: iter([1, 2, 3]), lambda: iter((1, 2, 3)), lambda: reversed([1, 2, 3]), lambda: reversed("abc"), lambda: enumerate("ab", 1 << 63)):
    it = make()
    first = next(it)
    hint = operator.length_hint(it, -1)
    print(first, hint, list(it), list(it), operator.length_hint(it, -1))
items = [1, 2, 3, 4]
it, back = iter(items), reversed(items)
next(it), next(back)
items.append(5)
del items[0]
print(list(it), list(back), it.__reduce__()[1], back.__reduce__()[1])
it = iter(items)
it = iter(items)
it.__setstate__(1), print(next(it)), it.__setstate__(99), print(list(it))
it, back = iter(items), reversed(items)
it.__setstate__(-5), back.__setstate__(-5), print(list(it), list(back)), back.__setstate__(0), print(list(back))
items.append(9)
print(list(it))


class Sequence:
    def __init__(self, n):
        self.n = n

    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        return i * i


class Sized(Sequence):
    def __len__(self):
        return self.n


it = iter(Sequence(3))
print(next(it), it.__length_hint__(), it.__reduce__()[2], list(it), it.__reduce__()[1], list(reversed(Sized(4))), operator.length_hint(iter(Sized(4))))
values = iter([1, 2, 0, 3])
it = iter(lambda: next(values), 0)
print(list(it), list(it), it.__reduce__()[1], list(iter(values.__next__, 7)))

print(list(zip("abc", [1, 2, 3], range(5))), list(zip()), list(zip("ab", "cde")), list(map(pow, [2, 3], [5, 2])), list(filter(None, [0, 1, "", "x"])), list(filter(str.isalpha, "a1b")))
for action in (
    lambda: list(zip([1], [], strict=True)), lambda: list(zip([], [1], strict=True)), lambda: list(zip([], [], [1], strict=True)),
    lambda: list(zip([1], [1], [], strict=True)), lambda: list(map(int, [1], [], strict=True)), lambda: list(map(max, [], [1], strict=True)),
    lambda: list(zip([1], [2], strict=True)), lambda: zip(1), lambda: zip(foo=1), lambda: map(int), lambda: map(int, [], foo=1), lambda: filter(int),
    lambda: filter(int, [], x=1), lambda: enumerate(), lambda: enumerate(1), lambda: enumerate([], "a"), lambda: enumerate([], foo=1),
    lambda: enumerate([], 1, 2), lambda: reversed({1}), lambda: reversed([], 1), lambda: reversed(x=1), lambda: range(), lambda: range(1, 2, 3, 4),
    lambda: range(1.0), lambda: range(1, 2, 0), lambda: range(x=1), lambda: range(3)[5], lambda: range(3)["a"], lambda: range(3).index(7),
    lambda: range(3).index("a"), lambda: len(big), lambda: range(3) < range(4), lambda: setattr(range(3), "start", 1), lambda: iter(1, 2),
    lambda: next(iter([])), lambda: next(iter([]), "end"), lambda: list(enumerate(iterable="a", start=5)), lambda: hash([]), lambda: tuple(1),
):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
