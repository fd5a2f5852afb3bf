# Generators: protocol, send, throw, close, yield from, return values, state, expressions, finalisation of what is left.
# suite: gc=none
def count(n):
    i = 0
    while i < n:
        received = yield i
        if received is not None:
            i = received
        else:
            i += 1
    return "exhausted"


g = count(3)
print(list(g), list(g))
g = count(10)
print(next(g), g.send(5), next(g), g.send(9))
try:
    next(g)
except StopIteration as stop:
    print(repr(stop.value))
print(next(g, "default"))


def echo():
    while True:
        try:
            got = yield
            print("got", got)
        except ValueError as error:
            print("handled", error)
            yield "recovered"
        except GeneratorExit:
            print("closing")
            raise
        finally:
            print("round over")


e = echo()
next(e)
e.send(1)
print(e.throw(ValueError("thrown in")))
next(e)
e.close()
e.close()
try:
    e.send(None)
except StopIteration:
    print("finished")


def inner(label):
    try:
        x = yield label + "1"
        print(label, "received", x)
        yield label + "2"
    except KeyError as error:
        print(label, "caught", error)
        yield label + "handled"
    return label + " result"


def outer():
    first = yield from inner("a")
    print("first:", first)
    second = yield from inner("b")
    print("second:", second)
    third = yield from [10, 20]
    print("third:", third)
    return "all"


o = outer()
print(next(o), o.send("hello"), next(o), o.throw(KeyError("k")), next(o), next(o))
try:
    next(o)
except StopIteration as stop:
    print(stop.value)

def plain():
    yield 1


p = plain()
try:
    p.send("too early")
except TypeError as error:
    print(error)


def raises_stop():
    yield 1
    raise StopIteration("inside")


try:
    list(raises_stop())
except RuntimeError as error:
    print(error, repr(error.__cause__))


def ignores_exit():
    try:
        yield 1
    except GeneratorExit:
        yield 2


i = ignores_exit()
next(i)
try:
    i.close()
except RuntimeError as error:
    print(error)


def returns_on_exit():
    try:
        yield 1
    except GeneratorExit:
        return "value of close"


r = returns_on_exit()
next(r)
print(r.close())


def reentrant():
    yield next(me)


me = reentrant()
try:
    next(me)
except ValueError as error:
    print(error)

squares = (x * x for x in range(5) if x % 2 == 0)
print(type(squares).__name__, sum(squares), list(squares))
print([list(y for y in range(x)) for x in range(3)])
lazy = (print("evaluating", x) or x for x in [1, 2])
print("nothing yet")
print(list(lazy))
try:
    (x for x in None)
except TypeError as error:
    print(error)


def tree(depth, label=""):
    if depth:
        yield from tree(depth - 1, label + "L")
        yield label or "root"
        yield from tree(depth - 1, label + "R")


print(" ".join(tree(3)))


def primes():
    found = []
    n = 2
    while True:
        if all(n % p for p in found):
            found.append(n)
            yield n
        n += 1


print([p for p, _ in zip(primes(), range(10))])
print(any(x > 3 for x in iter([1, 5, 0])), all(x for x in [1, 0, 1]))

g = count(2)
print(g.gi_running, g.gi_frame is not None, g.gi_code.co_name, g.gi_yieldfrom)
list(g)
print(g.gi_frame, g.__name__, g.__qualname__)


def delegating():
    yield from count(1)


d = delegating()
next(d)
print(d.gi_yieldfrom.__name__)


def close_order():
    def level(n):
        try:
            yield n
        finally:
            print("level", n, "closed")

    def top():
        try:
            yield from level(2)
        finally:
            print("top closed")

    t = top()
    next(t)
    t.close()


close_order()


def late_binding():
    values = []
    gen = (values.append(x) or n for x in range(3))
    n = 42
    return list(gen), values


print(late_binding())


def star():
    yield from ()
    a, *b = (yield 1), 2, 3
    print(a, b)


s = star()
next(s)
try:
    s.send("sent")
except StopIteration:
    pass


class Custom:
    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration("custom value")


def use_custom():
    result = yield from Custom()
    print("custom returned", result)


list(use_custom())


def many():
    gens = [count(3) for _ in range(100)]
    total = 0
    while gens:
        for g in list(gens):
            try:
                total += next(g)
            except StopIteration:
                gens.remove(g)
    return total


print(many())
