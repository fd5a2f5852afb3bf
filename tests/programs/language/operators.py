# Operators: dispatch, reflection, NotImplemented, subclasses first, in-place forms, chaining, rich comparison, truth.
class N:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


def fill(cls):
    for op in "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor divmod".split():
        def forward(self, other, *rest, op=op):
            return f"{self}.{op}({other})" if not isinstance(other, str) else NotImplemented

        def reflected(self, other, *rest, op=op):
            return f"{self}.r{op}({other})"

        def in_place(self, other, op=op):
            return f"{self}.i{op}({other})"

        setattr(cls, f"__{op}__", forward)
        setattr(cls, f"__r{op}__", reflected)
        if op != "divmod":
            setattr(cls, f"__i{op}__", in_place)
    return cls


@fill
class A(N):
    pass


@fill
class B(A):
    pass


a, b = A("a"), B("b")
print(a + 1, 1 + a, a + b, b + a, a - a, 2**a, a**2, pow(a, 2, 5), divmod(a, 1), divmod(1, a), a @ a, a << 1, 1 >> a)
print(a & 1, 1 | a, a ^ a, 5 % a, 5 // a, 1 / a)
x = a
x += 1
y = a
y @= 2
z = 5
z -= a
print(x, y, z)
try:
    a + "string"
except TypeError as error:
    print(error)


class Compare:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        print("eq", self.n, getattr(other, "n", other))
        return NotImplemented if not isinstance(other, Compare) else self.n == other.n

    def __lt__(self, other):
        print("lt", self.n, getattr(other, "n", other))
        return self.n < other.n if isinstance(other, Compare) else NotImplemented

    __hash__ = None


c, d = Compare(1), Compare(2)
print(c == d, c != d, c < d, c > d, c == 5, c != 5)
try:
    c < 5
except TypeError as error:
    print(error)
try:
    hash(c)
except TypeError as error:
    print(error)
print(c in [d, c], [c, d].index(d))


class SubCompare(Compare):
    def __gt__(self, other):
        print("sub gt")
        return "reflected first"


print(c < SubCompare(3))


def value(n):
    print("value", n)
    return n


print(value(1) < value(2) < value(3), value(1) > value(2) > value(3), 1 < 3 > 2 == 2 != 3)
print(value(0) and value(1), value(0) or value(2), not value(0), value(1) if value(0) else value(3))


class Truth:
    def __init__(self, answer): self.answer = answer

    def __bool__(self): return self.answer


class Sized:
    def __init__(self, n): self.n = n

    def __len__(self): return self.n


print(bool(Truth(True)), not Truth(False), bool(Sized(0)), bool(Sized(3)), bool(object()))
for bad in (Truth(1), Sized(-1), Sized("x")):
    try:
        bool(bad)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)


class Item:
    def __getitem__(self, key): return ("get", key)

    def __setitem__(self, key, v): print("set", key, v)

    def __delitem__(self, key): print("del", key)


i = Item()
print(i[1], i[1:2], i[::3], i[1, 2:3], i[...], i[()], i[*[1, 2], 3])
i["k"] = 1
i[1:] = 2
i["n"] += (3,)
del i[0], i[:]


class Index:
    def __index__(self): return 2


print([1, 2, 3][Index()], "abc"[Index():], range(10)[Index()], bytes(Index()), hex(Index()), [0] * Index())


class Unary:
    def __neg__(self): return "neg"

    def __pos__(self): return "pos"

    def __invert__(self): return "invert"

    def __abs__(self): return "abs"

    def __round__(self, n=None): return ("round", n)


u = Unary()
print(-u, +u, ~u, abs(u), round(u), round(u, 2))
for action in (lambda: 1 + "a", lambda: "a" + 1, lambda: [] + (), lambda: -"a", lambda: {} < {}, lambda: 3 @ 4, lambda: None + 1,
               lambda: 1 in 2, lambda: []["x"], lambda: len(3), lambda: {}[[]], lambda: (1)[0]):
    try:
        action()
    except TypeError as error:
        print(error)


class Numbers:
    def __int__(self): return 1

    def __float__(self): return 2.5

    def __complex__(self): return 1j

    def __trunc__(self): return 9

    def __floor__(self): return 8

    def __ceil__(self): return 7


import math

n = Numbers()
print(int(n), float(n), complex(n), math.trunc(n), math.floor(n), math.ceil(n), math.sqrt(n))
x = [1]
y = x
x += [2]
print(x is y, y)
x = x + [3]
print(x is y, x)
t = ([],)
try:
    t[0] += [1]
except TypeError as error:
    print(error, t)
print(1 if 1.0 == 1 == True else 2, 1 is not None, [] == [], () is (), 0.1 + 0.2 == 0.3)
print(7 // 2, -7 // 2, 7 % -3, -7 % 3, divmod(-7, 2), 2**-1, (-2) ** 2, -2**2, 2**3**2)
