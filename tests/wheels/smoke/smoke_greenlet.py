"""Switching between stacks."""

import gc
import sys
import weakref

import greenlet
from greenlet import GreenletExit, getcurrent

log = []


def ping(n):
    for i in range(n):
        log.append(("ping", i))
        got = pong.switch(i)
        log.append(("got", got))
    return "done"


def pong_(first):
    value = first
    while True:
        value = getcurrent().parent.switch(value * 10) if False else a.switch(value * 10)


a = greenlet.greenlet(ping)
pong = greenlet.greenlet(pong_)
print(a.switch(3), log, a.dead, pong.dead)


def raiser():
    try:
        getcurrent().parent.switch("ready")
    except ValueError as e:
        return f"caught {e}"


g = greenlet.greenlet(raiser)
print(g.switch(), g.throw(ValueError, "thrown"))


def fails():
    raise KeyError("inside")


try:
    greenlet.greenlet(fails).switch()
except KeyError as e:
    print(repr(e))


def tree(n):
    if n:
        yield from tree(n - 1)
        yield n
        yield from tree(n - 1)


def walk(n):
    for x in tree(n):
        getcurrent().parent.switch(x)


w = greenlet.greenlet(walk)
out = []
while not w.dead:
    out.append(w.switch(4) if not out else w.switch())
print(out)


class Held:
    pass


def holder():
    h = Held()
    refs.append(weakref.ref(h))
    getcurrent().parent.switch(h.__class__.__name__)


refs = []
k = greenlet.greenlet(holder)
print(k.switch())
gc.collect()
print(refs[0]() is not None)
many = [greenlet.greenlet(lambda i=i: getcurrent().parent.switch(i) or i * i) for i in range(200)]
print(sum(m.switch() for m in many), sum(m.switch(0) for m in many))


def deep(n):
    return getcurrent().parent.switch(n) if n == 0 else deep(n - 1)


d = greenlet.greenlet(deep)
print(d.switch(100), d.switch("back"), sys.exc_info())


def dies():
    try:
        getcurrent().parent.switch()
    except GreenletExit:
        log.append("exit")


x = greenlet.greenlet(dies)
x.switch()
x.throw()
print(log[-1], x.dead)
