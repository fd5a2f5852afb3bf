# Comprehensions: nesting, conditions, scope, evaluation order, inlining seen from outside.
# suite: gc=none
print([x * y for x in range(3) for y in range(x)])
print({x: {y for y in range(x)} for x in range(3)})
print([[row[i] for row in [[1, 2], [3, 4]]] for i in range(2)])
print([x for x in range(20) if x % 2 if x % 3])
print({len(w): w for w in "a bb cc ddd".split()})
print([x if x else "zero" for x in (0, 1)])

x = "outer"
print([x for x in range(3)], x)
print([(x, y) for y in [x] for x in range(1)])


def log(value):
    print("log", value)
    return value


print({log("key"): log("value") for _ in range(1)})
print([log(a) for a in log([1, 2]) if log(a) > 1])
print([y := 1, y**2], y)
print([last := n for n in range(3)], last)


def scope():
    n = 10
    before = [n + i for i in range(2)]
    functions = [lambda: i + n for i in range(3)]
    n = 20
    return before, [f() for f in functions], sorted(locals())


print(scope())


class Inside:
    n = 5
    items = [n for _ in ()]
    values = [i for i in range(n)]
    try:
        broken = [n for _ in range(1)]
    except NameError as error:
        print(error)


print(Inside.values)
print(sum(i for i in range(10) if not i & 1), max((len(w), w) for w in ["aa", "b", "ccc"]))
print([*(i for i in range(3)), *[3, 4]], {**{str(i): i for i in range(2)}, "z": 26})
print([a + b for a, b in zip("xy", "12")], [first for first, *rest in [(1, 2, 3), (4,)]])


def unbound():
    try:
        [q for q in range(2)]
        return q
    except NameError as error:
        return str(error)


print(unbound())


def restores():
    i = "kept"
    try:
        [1 / (i - 1) for i in range(3)]
    except ZeroDivisionError:
        pass
    return i


print(restores())
matrix = [[1, 2, 3], [4, 5, 6]]
print([v for row in matrix for v in row], list(zip(*matrix)), [list(c) for c in zip(*matrix)])
print({k: v for k, v in sorted({"b": 1, "a": 2}.items())}, {c for c in "hello"} == set("helo"))
print([[[k for k in range(j)] for j in range(i)] for i in range(3)])
print([(lambda: v)() for v in range(2)], [f"{v!r:>4}" for v in ("a", 1)])
try:
    [x for x in 5]
except TypeError as error:
    print(error)
try:
    {[]: 1 for _ in range(1)}
except TypeError as error:
    print(error)
for source in ("[x := 1 for x in y]", "[*x for x in y]", "[i for i in (j := [1])]", "{**x for x in y}"):
    try:
        compile(source, "s", "exec")
    except SyntaxError as error:
        print(error.msg)
