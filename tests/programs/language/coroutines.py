# Coroutines without any event loop: await, awaitables, async with, async for, async generators and comprehensions.
def run(coroutine, replies=()):
    replies = iter(replies)
    sent = None
    while True:
        try:
            asked = coroutine.send(sent)
        except StopIteration as stop:
            return stop.value
        sent = next(replies, None)
        print("asked", asked, "answered", sent)


class Ask:
    def __init__(self, question):
        self.question = question

    def __await__(self):
        answer = yield self.question
        return answer


async def add():
    a = await Ask("first?")
    b = await Ask("second?")
    return a + b


print(run(add(), [3, 4]))


class Manager:
    def __init__(self, name, swallow=False):
        self.name, self.swallow = name, swallow

    async def __aenter__(self):
        print("enter", self.name, await Ask("entering"))
        return self

    async def __aexit__(self, kind, error, traceback):
        print("exit", self.name, kind and kind.__name__, await Ask("leaving"))
        return self.swallow


async def managed():
    async with Manager("outer", swallow=True), Manager("inner") as inner:
        print("in", inner.name)
        raise ValueError("inside")
    return "after"


print(run(managed(), [1, 2, 3, 4]))


class Countdown:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        return await Ask(self.n) or self.n


async def loops():
    async for i in Countdown(3):
        if i == 1:
            print("break never")
        print("loop", i)
    else:
        print("loop done")
    return [i async for i in Countdown(2)], {i: -i async for i in Countdown(2) if i}


print(run(loops()))


async def agen(n):
    try:
        for i in range(n):
            got = yield i
            if got:
                print("agen got", got)
            await Ask(f"between {i}")
    finally:
        print("agen finally")


async def use_agen():
    async for x in agen(2):
        print("x", x)
    g = agen(5)
    print(await g.__anext__(), await g.asend("hi"))
    try:
        await g.athrow(KeyError("thrown"))
    except KeyError as error:
        print("came back", error)
    g = agen(5)
    await anext(g)
    await g.aclose()
    print(await anext(g, "default"))
    return [i async for i in agen(3) if i % 2 == 0]


print(run(use_agen()))


async def awaits_in_comprehensions():
    return [await Ask(i) or i for i in range(3)], [x for x in [await Ask("y") or 5]]


print(run(awaits_in_comprehensions(), [7]))

c = add()
print(type(c).__name__, c.cr_running, c.cr_frame is not None, c.cr_code.co_name)
c.close()
try:
    c.send(None)
except RuntimeError as error:
    print(error)

for source in ("await_int", "async_for_list", "async_with_int"):
    async def await_int():
        await 3

    async def async_for_list():
        async for _ in [1]:
            pass

    async def async_with_int():
        async with 3:
            pass

    try:
        run(locals()[source]())
    except TypeError as error:
        print(error)


async def twice():
    coroutine = add()
    first = await coroutine
    try:
        await coroutine
    except RuntimeError as error:
        print(error)
    return first


print(run(twice(), [1, 1]))


async def thrower():
    try:
        await Ask("wait")
    except ValueError as error:
        return f"caught {error}"


t = thrower()
t.send(None)
try:
    t.throw(ValueError("v"))
except StopIteration as stop:
    print(stop.value)


async def chain(n):
    if n == 0:
        return await Ask("bottom")
    return await chain(n - 1) + 1


print(run(chain(50), [100]))

import types


@types.coroutine
def old_style():
    x = yield "old"
    return x * 2


async def uses_old():
    return await old_style()


print(run(uses_old(), [21]))
for source in ("def f(): await x", "async def f(): yield from x", "async def f():\n yield 1\n return 2",
               "[x async for x in y]", "def f():\n async with x: pass"):
    try:
        compile(source, "s", "exec")
    except SyntaxError as error:
        print(error.msg)
