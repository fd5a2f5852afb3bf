# State of the running program that only the runtime knows: suspended frames, exceptions in flight, constants, threads.
import gc
import sys
import threading


class Box:
    def __init__(self, value): self.value = value

    def __repr__(self): return f"Box({self.value})"


def churn():
    for _ in range(3):
        junk = [[Box(n)] for n in range(200)]
        for part in junk:
            part.append(junk)
    gc.collect()


def generator(n):
    local = Box(n)
    held = [Box(n * 10)]
    for i in range(3):
        yield (local, held, Box(i)), [Box(n), (yield Box("nested"))]


gens = [generator(n) for n in range(50)]
for g in gens:
    next(g)
churn()
for g in gens:
    g.send(Box("sent"))
churn()
print([next(g) for g in gens][::10])


def delegate(n):
    own = Box(n)
    if n:
        yield from delegate(n - 1)
    yield own


d = delegate(100)
print(next(d), next(d))
churn()
print([b.value for b in d][-3:])


async def coroutine(n):
    own = Box(n)
    if n:
        await coroutine(n - 1)
    else:
        await Wait()
    return own


class Wait:
    def __await__(self):
        got = yield Box("waiting")
        assert got.value == "resume"


c = coroutine(50)
print(c.send(None))
churn()
try:
    c.send(Box("resume"))
except StopIteration as stop:
    print(stop.value)


def in_flight(n):
    own = Box(n)
    try:
        if n == 0:
            raise ValueError(Box("payload"))
        in_flight(n - 1)
    finally:
        churn()
        own.value += 1


try:
    in_flight(5)
except ValueError as error:
    churn()
    locals_of = []
    tb = error.__traceback__.tb_next
    while tb:
        locals_of.append(tb.tb_frame.f_locals["own"])
        tb = tb.tb_next
    print(error.args, locals_of)


def handling():
    try:
        raise KeyError(Box("outer"))
    except KeyError:
        churn()
        try:
            raise ValueError(Box("inner"))
        except ValueError:
            churn()
            print(sys.exc_info()[1].args, sys.exc_info()[1].__context__.args)
        print(sys.exc_info()[1].args)
        churn()
        try:
            raise
        except KeyError as again:
            print(again.args)


handling()
namespace = {}
exec(compile("def f(): return (1.5, 'constant ' 'text', (10**20, b'bytes', (2j, 'inner')), frozenset({1}) if 0 else None)", "s", "exec"), namespace)
f = namespace.pop("f")
del namespace
churn()
print(f(), (lambda: {"a": (1, 2, (3, "x" * 20))})())
local = threading.local()
local.box = [Box("main")]
steps = [threading.Event() for _ in range(2)]
seen = []


def thread():
    own = [Box("frame")]
    local.box = [Box("thread")]
    steps[0].set()
    steps[1].wait()
    seen.append((own, local.box))


t = threading.Thread(target=thread)
t.start()
steps[0].wait()
churn()
steps[1].set()
t.join()
print(seen, local.box)
evaluating = [Box("on the stack"), churn(), (Box("too"), churn(), {Box("deep").value: churn()})]
print(evaluating)
iterators = [iter([Box(1)]), map(Box, [2]), filter(None, [Box(3)]), zip([Box(4)], [Box(5)]), enumerate([Box(6)]), reversed([Box(7)]), iter({"k": Box(8)}.values()), (b for b in [Box(9)]), iter(lambda: Box(10), None)]
churn()
print([next(i) for i in iterators])
methods = [Box("bound").__repr__, [Box("in list")].copy, {"k": Box("in dict")}.popitem]
churn()
print([m() for m in methods])


class Descriptor:
    def __get__(self, instance, owner):
        churn()
        return Box("from descriptor")


class Holder:
    d = Descriptor()


print(Holder().d, Holder.d)
with_stack = []


class Manager:
    def __enter__(self):
        self.box = Box("entered")
        churn()
        return self.box

    def __exit__(self, *args):
        churn()
        with_stack.append(self.box)


with Manager() as first, Manager():
    churn()
    print(first)
print(with_stack)


def recursion(n):
    own = Box(n)
    if n % 50 == 0:
        gc.collect(0)
    return own.value if n == 0 else recursion(n - 1) + own.value


print(recursion(300))
