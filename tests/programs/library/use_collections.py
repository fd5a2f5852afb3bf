# collections: deque, Counter, defaultdict, OrderedDict, namedtuple, ChainMap; heapq, bisect.
# suite: stress=997
import bisect
import heapq
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, abc, defaultdict, deque, namedtuple

d = deque([1, 2, 3], maxlen=4)
d.append(4)
d.append(5)
d.appendleft(0)
print(d, d.pop(), d.popleft(), d, d.rotate(1), d, d.extendleft("ab"), d, d.maxlen, d[0], 2 in d, len(d), list(reversed(d)))
d = deque(range(200))
for n in range(100):
    d.rotate(7)
    d.append(d.popleft() + d.pop())
print(len(d), sum(d), d[5], d.index(d[50]) <= 50, d.count(-1), deque("ab") + deque("c"), deque([1]) * 3, deque([1]) < deque([2]))
try:
    for v in d:
        d.append(1)
except RuntimeError as error:
    print(error)
c = Counter("abracadabra")
print(c, c.most_common(2), c["zz"], c - Counter("aab"), c & Counter("abz"), c | Counter("zz"), sum(c.values()), sorted(c.elements())[:6], c.total(), +Counter(a=-1, b=2), Counter(a=3) > Counter(a=1))
c.update("zz")
c.subtract("aaaaaaa")
print(c)
dd = defaultdict(list)
for k, v in [("a", 1), ("b", 2), ("a", 3)]:
    dd[k].append(v)
print(dd, dd["new"], len(dd), dd.get("none"), defaultdict(int, a=1), dd.default_factory is list)
od = OrderedDict(a=1, b=2, c=3)
od.move_to_end("a")
od.move_to_end("c", last=False)
print(od, od.popitem(last=False), list(od), OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1) == {"a": 1}, list(reversed(od)))
P = namedtuple("P", "x y z", defaults=[9])
p = P(1, y=2)
print(p, p.x, p[2], p._replace(x=5), p._asdict(), P._fields, P._make("abc"), p == (1, 2, 9), P.__doc__, P._field_defaults)
x, *rest = p
print(x, rest, hash(p) == hash((1, 2, 9)))
for action in (lambda: P(), lambda: namedtuple("Bad", "a a"), lambda: namedtuple("Bad", "class"), lambda: setattr(p, "x", 1), lambda: deque().pop(), lambda: OrderedDict().popitem(), lambda: deque([1], -1)):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
cm = ChainMap({"a": 1}, {"a": 2, "b": 3})
cm["c"] = 4
print(cm["a"], cm["b"], cm.maps, dict(cm.new_child({"a": 0})), sorted(cm))
h = []
for n in [5, 2, 8, 1, 9, 3]:
    heapq.heappush(h, n)
print(h, [heapq.heappop(h) for _ in range(3)], heapq.nsmallest(2, [3, 1, 2]), heapq.nlargest(2, "hello"), list(heapq.merge([1, 4], [2, 3])), heapq.heapreplace(h, 0), h)
a = [1, 3, 3, 5]
bisect.insort(a, 4)
print(bisect.bisect_left(a, 3), bisect.bisect_right(a, 3), a, bisect.bisect(["a", "bb"], 1, key=len))
print(isinstance([], abc.Sequence), isinstance({}, abc.Mapping), isinstance((x for x in ()), abc.Generator), issubclass(set, abc.MutableSet), isinstance(len, abc.Callable), isinstance(5, abc.Hashable), isinstance([], abc.Hashable))


class Seq(abc.Sequence):
    def __getitem__(self, i): return [10, 20, 30][i]

    def __len__(self): return 3


s = Seq()
print(list(s), 20 in s, s.index(30), s.count(10), list(reversed(s)), isinstance(s, abc.Iterable))


class Lower(UserDict):
    def __setitem__(self, k, v): super().__setitem__(k.lower(), v)


print(Lower(A=1, B=2), UserList([1]) + [2], UserString("x") + "y")
try:
    abc.Mapping()
except TypeError as error:
    print(error)
