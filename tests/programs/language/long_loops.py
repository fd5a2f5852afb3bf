"""Loops over every kind of instruction, in a thread with a small stack: none of them may take any for good."""
import asyncio
import threading

ROUNDS = 60_000


class Plain:
    shared = 1

    def __init__(self, value=0):
        self.value = value

    def method(self, other=None):
        return self.value

    @property
    def half(self):
        return self.value // 2

    def __getitem__(self, index):
        return index

    def __len__(self):
        return 3

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return True


class Slotted(Plain):
    __slots__ = ("extra",)

    def __init__(self, value):
        super().__init__(value)
        self.extra = value

    def method(self, other=None):
        return super().method(other)


def defaults(a, b=2, *rest, c=3, **named):
    return a + b + c + len(rest) + len(named)


def arithmetic():
    i, f, text = 0, 0.5, ""
    big = 1 << 70
    while i < ROUNDS:
        i += 1
        f = f * 1.5 - f / 2 + i
        f = -f if f > 1e9 else +f
        b = i & 255 | 3 ^ ~i << 2 >> 1
        b = i // 3 % 7 - (i * big - big * i)
        text = "a" + text if len(text) < 5 else text[1:]
        test = i < 5 <= 7 != f or not (i == b) and text == "aaa" and i is not None
        test = i in (1, 2) or text in {"a": 1} or text not in {"b", "c"} or "a" in text
        f"{i}{text!r:>5}{f:.2f}"
    return i, text, bool(test)


def containers():
    items, table, names = [1, 2, 3], {"a": 1}, {1}
    for i in range(ROUNDS):
        a, b = i, 2
        (a, b, c), [d, *e] = items, (1, 2, 3)
        items[0] = items[1] + items[-1] + (4, 5)[0]
        items[1:2] = items[0:1]
        table["b"] = table["a"]
        table[i & 7] = "text"[i & 3]
        del table[i & 7]
        names.add(i & 15)
        [*items, *names]
        {**table, "c": 1}
        {*items}
        tuple(x for x in items)
        [x + y for x in items for y in (1, 2) if x]
        {x: y for x, y in table.items()}
        {x for x in "abc"}
        slice(1, 2), items[::2]
        if i & 1023 == 0:
            items.append(i)
            items.pop()
    return items[2], sorted(table), len(names)


def calls():
    plain, slotted, bound = Plain(1), Slotted(2), Plain(3).method
    total = 0
    for i in range(ROUNDS):
        total += plain.method() + slotted.method(1) + bound() + plain.half + plain[1]
        total += plain.value + slotted.extra + Plain.shared + len(plain) + defaults(1) + defaults(1, 2, 3, c=4, d=5)
        total += defaults(*(1, 2), **{"c": 1}) + Plain(i).value + isinstance(i, int) + len("abc") + abs(-1) + max(1, 2)
        total += int(str(i)) - i + (lambda x: x)(1) + type(i)(1) + ord("a".upper())
        plain.value = slotted.extra = 1
        plain.__dict__
        total += "a,b".split(",").index("b") + sum([1, 2]) + min([1, 2], key=lambda x: -x)
    return total


def generate(n):
    try:
        for i in range(n):
            sent = yield i
    finally:
        i = None


def delegate(n):
    return (yield from generate(n))


def generators():
    total = 0
    for i in range(ROUNDS // 10):
        for value in generate(3):
            total += value
        for value in delegate(3):
            total += value
        it = generate(2)
        next(it)
        it.send(1)
        it.close()
    return total


def exceptions():
    caught = 0
    for i in range(ROUNDS // 4):
        try:
            [][i]
        except IndexError as e:
            caught += 1
        try:
            try:
                raise KeyError(i)
            except ValueError:
                pass
            finally:
                caught += 1
        except (KeyError, TypeError):
            caught += 1
        with Plain():
            raise ValueError
        try:
            missing
        except NameError:
            caught += 1
        try:
            del i, i
        except UnboundLocalError:
            caught += 1
    return caught


def matching():
    total = 0
    for i in range(ROUNDS // 4):
        match [i & 3, {"a": i}, Plain(1)]:
            case [0, *_]:
                total += 1
            case [1, {"a": value, **rest}, _]:
                total += 2
            case [_, _, Plain(value=1)]:
                total += 3
    return total


def scopes():
    count = 0

    def bump(step=1):
        nonlocal count
        count += step
        return lambda: count

    for i in range(ROUNDS):
        bump()()
        from math import pi
        import math
        assert math.pi == pi
        global LAST
        LAST = i
    return count, LAST


async def pause():
    pass


class Numbers:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        return self.n

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception):
        pass


async def asynchronous():
    total = 0
    for i in range(ROUNDS // 10):
        await pause()
        async with Numbers(2) as numbers:
            async for number in numbers:
                total += number
        total += sum([x async for x in Numbers(2)])
    return total


def main():
    for f in arithmetic, containers, calls, generators, exceptions, matching, scopes:
        print(f.__name__, f())
    print(asynchronous.__name__, asyncio.run(asynchronous()))


threading.stack_size(512 * 1024)
thread = threading.Thread(target=main)
thread.start()
thread.join()
