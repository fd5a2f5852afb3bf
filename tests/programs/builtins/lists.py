# Lists and tuples: indexing, slices, mutation while iterating, sorting, comparison, repetition, errors.
# suite: gc=none
l = [5, 3, 8, 1]
l.append(9)
l.extend((2, 7))
l.insert(1, "x")
l.insert(-1, "y")
l.insert(100, "end")
print(l, l.pop(), l.pop(0), l.pop(-2), l.remove("x"), l, l.index(8), l.count(2), len(l), 8 in l, "y" in l)
l[1:3] = [10, 20, 30]
l[::2] = ["a"] * len(l[::2])
print(l, l[::-1], l[-2:], l[10:], l[1:-1:2], l[3:1:-1])
del l[0], l[-1], l[1:2]
print(l, l * 2, l + [0], [] * 5, l.copy() == l, l.copy() is l, l.reverse(), l, l.clear(), l)
l[:] = range(10)
del l[::3]
l[2:2] = "ab"
l += "z"
l *= 2
print(l)
print(sorted([3, 1, 2], reverse=True), sorted("bAc", key=str.lower), sorted([(1, "b"), (1, "a"), (0, "z")], key=lambda p: p[0]), sorted([2.5, 1, True, 0]))
words = "apple fig banana kiwi cherry date".split()
words.sort(key=len)
print(words, words.sort(key=len, reverse=True), words)
import random

random.seed(7)
data = [random.randrange(100) for _ in range(500)]
pairs = sorted(((v, i) for i, v in enumerate(data)), key=lambda p: p[0])
print(sorted(data) == [v for v, _ in pairs], all(a < b for a, b in zip(pairs, pairs[1:])), sorted(data, reverse=True)[:5], sum(data))
nearly = list(range(200))
nearly[50], nearly[150] = nearly[150], nearly[50]
print(sorted(nearly) == list(range(200)), sorted(range(100, 0, -1))[:3], sorted([1.5, -2, 10**20, -(10**20), 0.1]))
calls = []


class Logged:
    def __init__(self, n): self.n = n

    def __lt__(self, other):
        calls.append((self.n, other.n))
        return self.n < other.n


print([x.n for x in sorted(map(Logged, [3, 1, 2]))], calls)
mutated = [3, 2, 1]
try:
    mutated.sort(key=lambda v: mutated.append(v) or v)
except ValueError as error:
    print(error, mutated)
try:
    [1, "a"].sort()
except TypeError as error:
    print(error)


def fails(v):
    if v == 2:
        raise KeyError(v)
    return v


kept = [3, 1, 2]
try:
    kept.sort(key=fails)
except KeyError:
    print("kept", kept)
grow = [1, 2, 3]
for item in grow:
    if len(grow) < 6:
        grow.append(item * 10)
print(grow)
shrink = list(range(6))
for item in shrink:
    shrink.remove(item)
print(shrink)
it = iter([1, 2])
print(next(it), it.__length_hint__(), next(it), next(it, "done"), next(it, "still"))
nested = [[0] * 2] * 3
nested[0][0] = 1
print(nested, [[0] * 2 for _ in range(2)])
recursive = [1]
recursive.append(recursive)
print(recursive, repr(recursive), [recursive] == [recursive])
print([1, 2] == [1, 2], [1, 2] < [1, 3], [1] < [1, 0], [] < [0], [1, 2] != (1, 2), [float("nan")] == [float("nan")], [[1, "a"], (2,)] == [[1, "a"], (2,)])
t = (1, "b", 3.0)
print(t, (1,), (), t + (4,), t * 2, t[1:], t.index("b"), t.count(1), hash(t) == hash((1, "b", 3.0)), (1, 2) < (1, 3), tuple("ab"), tuple([1]), 3 in t, len(t))
a = ([1],)
try:
    hash(a)
except TypeError as error:
    print(error)
bad = [lambda: [][0], lambda: [1].pop(3), lambda: [].pop(), lambda: [].remove(1), lambda: [].index(1), lambda: [1] + (1,), lambda: [1] * "a", lambda: [1] * [2], lambda: [1]["a"], lambda: [1][1.0], lambda: [1, 2].__setitem__(slice(0, 2, 2), [1, 2]),
       lambda: [1].__setitem__(slice(0), 5), lambda: [][::0], lambda: (1,).__getitem__(5), lambda: ().index(1), lambda: [1] < ["a"], lambda: [1] < (1,), lambda: list(5), lambda: tuple(None), lambda: [].insert("a", 1), lambda: [].extend(3), lambda: [1].__delitem__(4), lambda: sorted([1], bad=2), lambda: [1] * 10**18]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class L(list):
    def __getitem__(self, i): return ("own", i)


class Tup(tuple):
    def __new__(cls, *args): return super().__new__(cls, args)


print(L([1])[0], list(L([1])), L("ab"), type(L() + [1]).__name__, Tup(1, 2), type(Tup(1)[:]).__name__, isinstance(Tup(), tuple), Tup(1) == (1,))
print([*range(3)][True], list(map(list, zip([1, 2], [3, 4]))), list(reversed([1, 2])), max([1, 5, 3]), min((4, 2)), sum([[1], [2]], []), any([]), all([]))
stack = []
for i in range(1000):
    stack.append(i)
    if i % 3 == 2:
        stack.pop()
print(len(stack), stack[-1], sum(stack))
queue = list(range(50))
while len(queue) > 1:
    queue.append(queue.pop(0) + queue.pop(0))
print(queue)
