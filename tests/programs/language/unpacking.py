# Assignment and unpacking: targets of every shape, stars, order of evaluation, errors, augmented targets, del.
# suite: gc=none
a, b = 1, 2
a, b = b, a
(c, d), [e, *f] = "xy", range(4)
*g, h = "end"
i, *j, k = [1, 2]
print(a, b, c, d, e, f, g, h, i, j, k)
[l] = (5,)
m = n = o = []
m.append(1)
print(l, n, m is o)


def log(value):
    print("log", value)
    return value


class Target:
    def __setattr__(self, name, value): print("attribute", name, value)

    def __setitem__(self, key, value): print("item", key, value)


t = Target()
log(t.__class__.__name__)
t.x, t[log("key")] = log(1), log(2)
t.first = t["second"] = log(3)
*t.star, t[0] = 1, 2, 3
for t.loop in range(2):
    pass
for t["loop"], *rest in [(1, 2, 3)]:
    print(rest)

bad = [
    lambda: exec("a, b = 1"),
    lambda: exec("a, b = 1,"),
    lambda: exec("a, b = 1, 2, 3"),
    lambda: exec("a, *b, c = 1,"),
    lambda: exec("a, b = iter([1, 2, 3])"),
    lambda: exec("a, b = {}"),
    lambda: exec("[a, b] = 'abc'"),
    lambda: exec("for a, b in [(1,)]: pass"),
]
for action in bad:
    try:
        action()
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)


class Broken:
    def __iter__(self):
        yield 1
        raise KeyError("while unpacking")


try:
    a, b = Broken()
except KeyError as error:
    print(error)


def infinite():
    n = 0
    while True:
        yield n
        n += 1


gen = infinite()
try:
    a, b = gen
except ValueError as error:
    print(error, next(gen))

print([*range(2), *"ab", *{}], (*[1], 2), {*[1, 2], 3} == {1, 2, 3}, {**{"a": 1}, "b": 2, **{"a": 3}})
first, (second, (third, *fourth)) = 1, (2, (3, 4, 5))
print(first, second, third, fourth)
x = [0, 1, 2, 3]
i = 0
i, x[i] = 2, "changed"
print(i, x)
x[1:3], y = ["one", "two", "more"], x
print(x, y is x)
del x[0], y[-1:]
print(x)
values = {"n": 1}
values["n"] += 1
values["n"] *= 10
values["s"] = values.get("s", "") + "s"
print(values)


class Augmented:
    def __getitem__(self, key):
        print("get", key)
        return 10

    def __setitem__(self, key, value):
        print("set", key, value)


Augmented()[log("once")] += log(5)
n = 5
n += 1; n -= 2; n *= 3; n //= 2; n **= 2; n %= 7; n <<= 3; n >>= 1; n |= 1; n &= 0b111; n ^= 2
f = 1.0
f /= 4
print(n, f)
(n) = 1
[n, [p, q]] = 1, [2, 3]
print(n, p, q)
annotated: int = 3
also: str
print(annotated, "also" in globals())
*lone, = 1, 2
print(lone)
head, *tail = {"k": 1, "l": 2}
print(head, tail)


def returns_star(*args):
    return 0, *args


def yields_star(*args):
    yield 0, *args


print(returns_star(1, 2), list(yields_star(3)))
for v in 1, *[2, 3]:
    print(v, end=" ")
print()
