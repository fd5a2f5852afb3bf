# Containers caught in the middle: spare capacity, a running sort, a table that grows, iterators over what changes.
# suite: gc=none
import gc
from collections import OrderedDict, deque


class Box:
    def __init__(self, value): self.value = value

    def __repr__(self): return f"Box({self.value})"

    def __lt__(self, other):
        churn()
        return self.value < other.value

    def __eq__(self, other):
        churn()
        return isinstance(other, Box) and self.value == other.value

    def __hash__(self):
        churn()
        return self.value % 5


def churn():
    junk = [[n] for n in range(10)]
    junk.append(junk)
    gc.collect(0)


l = [Box(n) for n in range(50)]
del l[:]
churn()
l.append(Box("after"))
print(l)
for _ in range(40):
    l.append(Box(len(l)))
    if len(l) % 7 == 0:
        l.pop(0), churn()
while len(l) > 3:
    l.pop()
gc.collect()
print(l, l.clear(), l)
boxes = [Box((n * 37) % 41) for n in range(41)]
print(sorted(boxes)[::8], boxes.sort(reverse=True), boxes[::8])
keyed = [Box((n * 17) % 23) for n in range(23)]
keyed.sort(key=lambda b: (churn(), [b.value])[1])
print(keyed[::5], min(keyed), max(boxes), sorted(keyed, key=lambda b: Box(-b.value))[:2])
inside = []


def key(b):
    inside.append(len(keyed))
    gc.collect(0)
    return b.value


keyed.sort(key=key)
print(set(inside), len(keyed))
d = {}
for n in range(60):
    d[Box(n)] = [Box(n)]
    if n % 3 == 0:
        del d[Box(n)]
print(len(d), d[Box(7)], Box(9) in d, list(d)[:3], d.pop(Box(58)), len(d.copy()), d == dict(d))
s = {Box(n) for n in range(40)}
s |= {Box(n) for n in range(30, 50)}
s -= {Box(n) for n in range(20)}
print(len(s), sorted(b.value for b in s)[:3], Box(45) in s, len(s & {Box(21), Box(99)}), len(frozenset(s)))
q = deque()
for n in range(200):
    q.append(Box(n))
    if n % 3:
        q.popleft()
        q.rotate(1)
    if n % 50 == 0:
        gc.collect()
print(len(q), q[0], q[-1], list(q)[::20])
o = OrderedDict((n, Box(n)) for n in range(20))
for n in range(0, 20, 3):
    o.move_to_end(n)
    del o[(n + 1) % 20]
    gc.collect(0)
print(list(o.items())[::4])
it = iter(d.items())
first = next(it)
gc.collect()
print(first, next(it), sum(1 for _ in it))
it = reversed([Box(n) for n in range(4)])
next(it), gc.collect()
print(list(it))
b = bytearray()
views = []
for n in range(100):
    b += bytes([n]) * 10
    if n % 20 == 0:
        gc.collect(0)
m = memoryview(b)[5:20]
gc.collect()
print(bytes(m), len(b))
nested = [[[Box(k) for k in range(2)] for j in range(2)] for i in range(3)]
nested[0][:] = nested[1] + nested[2]
gc.collect()
print(nested)
attributes = [type(f"C{n}", (), {})() for n in range(3)]
for o in attributes:
    for n in range(40):
        setattr(o, f"a{n}", Box(n))
        if n % 2:
            delattr(o, f"a{n - 1}")
    gc.collect(0)
print([sorted(vars(o).values())[0] for o in attributes], len(vars(attributes[0])))
text = ""
for n in range(300):
    text += str(Box(n))
    if n % 50 == 0:
        gc.collect(0)
print(len(text), text[-8:])
