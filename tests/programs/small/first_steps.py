# What a newborn interpreter should run first: no imports, nothing fancy.
# suite: gc=none
print("hello", 1 + 2, 3 * 4.5, "a" + "b", [1, 2], (3,), {"k": "v"}, None, True)
x = 10
while x > 0:
    x -= 3
    if x == 4:
        continue
    if x < 0:
        break
else:
    print("not reached")
print(x)
for i in range(3):
    for j in range(3):
        if j == 2:
            break
        print(i, j, end=" ")
    else:
        print("no")
else:
    print("outer done")


def add(a, b=2):
    return a + b


print(add(1), add(1, 1), add(b=5, a=0))


class Counter:
    def __init__(self):
        self.n = 0

    def up(self):
        self.n += 1
        return self


print(Counter().up().up().n)
try:
    1 / 0
except ZeroDivisionError as error:
    print("caught", error)
finally:
    print("finally")
l = [3, 1, 2]
l.sort()
print(l, sum(l), max(l), [v * v for v in l], {v: -v for v in l}, sorted({5, 4}))
a, *b = "xyz"
print(a, b, f"{a}{b!r:>12}", "%s-%d" % (a, 5), "{}|{:>4}".format(1, 2))
g = (v for v in l if v > 1)
print(next(g), list(g))
print(x if x else "zero", not x, x and 1, x or 2, 1 < 2 < 3, "a" in "abc", 3 not in l, x is None)
del l[0]
print(l, len(l), l[-1], l[::-1], "slice"[1:4])
with_else = None
try:
    with_else = int("5")
except ValueError:
    print("no")
else:
    print("parsed", with_else)
print((lambda *args, **kw: (args, kw))(1, 2, k=3))
assert x, "truthy"
print(isinstance(1, int), type("").__name__, repr("q'"), str(1.0), int("12"), float("1.5"), bool([]), abs(-1), chr(65), ord("a"))
