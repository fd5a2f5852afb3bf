# Sets and frozensets: algebra, comparison, mutation, hashing, errors. Printed sorted, since their order is nobody's promise.
# suite: stress=997
def show(*sets):
    print(*(type(s).__name__[0] + str(sorted(s, key=lambda v: (str(type(v)), v))) if isinstance(s, (set, frozenset)) else s for s in sets))


a, b = {1, 2, 3}, {3, 4}
show(a | b, a & b, a - b, a ^ b, b - a, a | frozenset(b), frozenset(b) | a)
show(a.union([5], "x"), a.intersection([1, 2], (2,)), a.difference([1]), a.symmetric_difference([3, 9]), a.copy(), set(), frozenset())
print(a < {1, 2, 3, 4}, a <= a, a < a, a > {1}, a >= {4}, a == {3, 2, 1}, a == frozenset(a), a != b, a.isdisjoint({9}), a.issubset(range(10)), a.issuperset([]), a < b, b < a)
s = set("hello")
s.add("z")
s.discard("q")
s.remove("h")
s.update("xy", ["w"])
show(s, len(s), "z" in s, s.pop() in "elozxyw", len(s))
s = {1, 2, 3, 4}
s |= {5}
s &= {1, 2, 5, 9}
s -= {1}
s ^= {2, 7}
show(s)
s.intersection_update([5, 7]), s.difference_update([7]), s.symmetric_difference_update([5, 6])
show(s, s.clear(), s)
print(set(), frozenset(), {1}, frozenset([2]), {frozenset([1])}, repr(set([()])))
show({1, 1.0, True}, {0, False}, {"a", "a"}, set([1, 2]) | {2, 3})
f = frozenset([1, 2])
print(hash(f) == hash(frozenset([2, 1])), {f: "key"}[frozenset((1, 2))], f in {f}, {1, 2} in {f}, f.copy() is f, frozenset(f) is f, hash(frozenset()), {f} == {frozenset({2, 1})})
for action in (lambda: {[]}, lambda: {1}.remove(2), lambda: set().pop(), lambda: {1} + {2}, lambda: {1} | [2], lambda: set(5), lambda: hash({1}), lambda: {1} < [1], lambda: f.add(1), lambda: {{}}, lambda: {1}[0], lambda: set(1, 2), lambda: {1}.union(5)):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
victim = {1, 2, 3}
try:
    for v in victim:
        victim.add(v + 100)
except RuntimeError as error:
    print(error)
big = set()
for i in range(5000):
    big.add(i * 7 % 1013)
    if i % 5 == 0:
        big.discard(i % 100)
print(len(big), sum(big), big == set(list(big)), sorted(big)[:5])


class Key:
    def __init__(self, n): self.n = n

    def __hash__(self): return self.n % 3

    def __eq__(self, other): return self.n == other.n


keys = {Key(i % 40) for i in range(200)}
print(len(keys), Key(39) in keys, Key(40) in keys, sorted(k.n for k in keys - {Key(i) for i in range(35)}))


class Sub(set):
    pass


x = Sub([1])
x.attribute = "kept"
print(type(x | {2}).__name__, type(x.copy()).__name__, x.attribute, type({2} | x).__name__, x == {1})
print(sorted({x % 5 for x in range(20)}), sorted(set("abc") & set("bcd")), len({(), ((),), None, False}), {*()} == set(), {*"ab"} == {"b", "a"})
sieve = set(range(2, 200))
for n in range(2, 15):
    sieve -= set(range(n * 2, 200, n))
print(sorted(sieve))
