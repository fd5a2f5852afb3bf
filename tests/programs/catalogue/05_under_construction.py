# Collections while something is being built: what is already there must survive, though nobody else knows it yet.
# suite: gc=none
import gc


class Box:
    def __init__(self, value): self.value = value

    def __repr__(self): return f"Box({self.value})"


def made(value):
    """A fresh object, and then a collection, while whoever called holds half-built things."""
    box = Box(value)
    gc.collect(0)
    junk = [Box(n) for n in range(5)]
    junk.append(junk)
    return box


def collecting(count):
    for n in range(count):
        yield made(n)
    gc.collect()


print([made(n) for n in range(3)], (made(1), made(2), *collecting(2)), {made(1).value: made(2), "k": made(3)})
print(list(collecting(3)), tuple(collecting(3)), sorted((b.value for b in {made(1), made(2)})), dict((b.value, b) for b in collecting(3)))
print(sorted(frozenset(b.value for b in collecting(4))), [*collecting(2), *collecting(1)], {**{str(made(1)): made(2)}, **{"z": made(3)}})


def call(a, /, b, *args, c, **kwargs): return a, b, args, c, sorted(kwargs.items())


print(call(made(1), made(2), *collecting(2), c=made(3), d=made(4), **{"e": made(5)}))
print("".join(str(b) for b in collecting(3)), "%s %s" % (made(1), made(2)), f"{made(1)}{made(2)}", "{} {}".format(made(1), made(2)), b"".join(str(b).encode() for b in collecting(2)))


class Meta(type):
    def __new__(meta, name, bases, namespace):
        gc.collect()
        cls = super().__new__(meta, name, bases, namespace)
        gc.collect()
        return cls


class Built(metaclass=Meta):
    attribute = made("class attribute")
    other = [made(n) for n in range(2)]

    def __init__(self):
        self.a = made("a")
        gc.collect()
        self.b = made("b")

    def __init_subclass__(cls): gc.collect()


class Sub(Built):
    pass


print(Built.attribute, Sub.other, Sub().a, Sub().b)
l = []
l.extend(collecting(3))
l += collecting(1)
l[1:1] = collecting(2)
l.insert(0, made("first"))
print(l, list(map(lambda b: made(b.value), l))[:2], list(zip(collecting(2), collecting(2))), list(enumerate(collecting(1))))


def closure():
    a = made("cell")
    b = made("default")

    def inner(x=b): return a, x

    gc.collect()
    return inner


print(closure()(), (lambda v=made("lambda"): v)())


class Node:
    def __init__(self, depth):
        gc.collect(0)
        self.left = Node(depth - 1) if depth else None
        self.right = Node(depth - 1) if depth else None

    def count(self): return 1 + sum(child.count() for child in (self.left, self.right) if child)


print(Node(6).count())


class New:
    def __new__(cls, *args):
        self = super().__new__(cls)
        gc.collect()
        return self

    def __init__(self, value):
        gc.collect()
        self.value = value


print(New(made(1)).value)
try:
    raise ValueError(made("argument"))
except ValueError as error:
    gc.collect()
    print(error.args)
a, (b, *c) = made(1), collecting(3)
print(a, b, c, int("1" * 50) * made(3).value, [made(n) for n in range(2) for _ in collecting(1)], complex(made(1).value, 2), slice(made(1), made(2)), type("T", (Box,), {"x": made(1)}).x)
