# Slices and ranges: normalisation, assignment and deletion with every sign of step, huge bounds, range as a sequence.
# suite: gc=none
data = list(range(10))
bounds = [None, 0, 3, 9, 10, 50, -1, -4, -10, -50]
total = 0
for start in bounds:
    for stop in bounds:
        for step in (None, 1, 2, 3, -1, -2, 7, -7):
            s = slice(start, stop, step)
            part = data[s]
            total = (total * 31 + sum((i + 1) * v for i, v in enumerate(part)) + len(part)) % 1000003
            assert part == [data[i] for i in range(*s.indices(10))] == list(tuple(data)[s]) == list(range(10)[s])
            assert bytes(part) == bytes(data)[s] == bytes(bytearray(data)[s])
            assert "0123456789"[s] == "".join(map(str, part))
            copy = data[:]
            del copy[s]
            assert copy == [v for v in data if v not in part]
            copy = data[:]
            copy[s] = [-v for v in part]
            assert [abs(v) for v in copy] == data
print(total)
s = slice(1, 10, 2)
print(s, s.start, s.stop, s.step, s.indices(5), slice(3), slice(None, None, -1).indices(4), s == slice(1, 10, 2), slice(1) < slice(2), hash(slice(1)) == hash(slice(1)))
print(data[-10**30 : 10**30], data[10**30 :], "abc"[: 10**30 : 10**29], data[:: 10**20])
l = list(range(5))
l[1:1] = "ab"
l[:2] = []
l[5:] = [7, 8, 9]
l[2:100:2] = ["x"] * 3
print(l)
l[4:1] = ["inserted"]
print(l)
l[:] = l[::-1]
print(l)
l[1:3] = l
print(l)
r = range(10, 0, -3)
print(r, list(r), len(r), r[1], r[-1], r[::2], 4 in r, 5 in r, r.index(7), r.count(4), r == range(10, -1, -3), hash(r) == hash(range(10, -1, -3)), range(0) == range(5, 5), list(reversed(r)))
print(range(10**30)[-1], len(range(0, 10**18, 7)), 10**20 in range(10**30), range(5)[1:4], range(0, 10, 2)[::-1], bool(range(0)), range(3, 3, -1), range(True), range(10**30, 10**30 + 3)[1:])
print(r.start, r.stop, r.step, range(10).index(5), max(range(5)), sum(range(101)), list(zip(range(3), range(10, 13))), 3.0 in range(5), 2.5 in range(5), "a" in range(3))
for action in (lambda: range(1.5), lambda: range(1, 2, 0), lambda: range("a"), lambda: range(5)[9], lambda: len(range(10**30)), lambda: range(3).index(9), lambda: range(3) < range(4), lambda: slice(), lambda: [][slice(1.5)], lambda: s.indices(-1),
               lambda: [1].__setitem__(slice(0, 1, 0), []), lambda: [1, 2, 3].__setitem__(slice(None, None, 2), [1]), lambda: range(3).__setitem__(0, 1), lambda: {}[1:2], lambda: data["a":]):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class Index:
    def __init__(self, n): self.n = n

    def __index__(self):
        print("index", self.n)
        return self.n


print(data[Index(2) : Index(8) : Index(3)], range(Index(3))[Index(1)], list(range(Index(1), Index(3))))


class Shrinks(list):
    pass


victim = Shrinks(range(10))


class Evil:
    def __index__(self):
        del victim[5:]
        return 8


print(victim[2 : Evil()], len(victim))
