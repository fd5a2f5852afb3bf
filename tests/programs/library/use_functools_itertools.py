# functools, itertools, operator.
# suite: stress=997
import functools as f
import itertools as i
import operator as o

print(f.reduce(o.add, range(5)), f.reduce(lambda a, b: a * b, [], 1), f.partial(int, base=2)("101"), f.partial(print, "a", sep="-")("b"))
calls = []


@f.lru_cache(maxsize=2)
def slow(n):
    calls.append(n)
    return n * n


print([slow(n) for n in (1, 2, 1, 3, 2, 1)], calls, slow.cache_info())


class C:
    @f.cached_property
    def value(self):
        print("computed")
        return 5

    @f.singledispatchmethod
    def show(self, arg): return f"any {arg}"

    @show.register
    def _(self, arg: int): return f"int {arg}"

    part = f.partialmethod(lambda self, a, b: (a, b), 1)


c = C()
print(c.value, c.value, c.show(1), c.show("x"), c.part(2))


@f.singledispatch
def kind(x): return "object"


@kind.register(list)
def _(x): return "list"


@kind.register
def _(x: int | str): return "int or str"


print(kind(1.5), kind([]), kind(3), kind("s"), kind(True))


@f.total_ordering
class Total:
    def __init__(self, n): self.n = n

    def __eq__(self, other): return self.n == other.n

    def __lt__(self, other): return self.n < other.n


print(Total(1) >= Total(1), Total(2) > Total(3), sorted([3, 1, 2], key=f.cmp_to_key(lambda a, b: b - a)))
print(list(i.accumulate([1, 2, 3, 4])), list(i.accumulate([3, 1, 2], max)), list(i.chain("ab", [1])), list(i.chain.from_iterable([[1], [2, 3]])), list(i.islice(i.count(5, 2), 3)), list(i.islice("abcdef", 1, 5, 2)))
print(list(i.combinations("abc", 2)), list(i.permutations([1, 2, 3], 2)), list(i.product([0, 1], repeat=2)), list(i.combinations_with_replacement("ab", 2)))
print(list(i.takewhile(lambda v: v < 3, i.count())), list(i.dropwhile(lambda v: v < 3, range(6))), list(i.filterfalse(lambda v: v % 2, range(5))), list(i.compress("abcd", [1, 0, 1])), list(i.starmap(pow, [(2, 3), (3, 2)])))
print([(k, list(g)) for k, g in i.groupby("aabbbc")], list(i.zip_longest("ab", "x", fillvalue="-")), list(i.pairwise([1, 2, 3])), list(i.batched("abcde", 2)), list(i.islice(i.cycle("ab"), 5)), list(i.repeat("r", 2)))
a, b = i.tee(iter([1, 2, 3]))
print(next(a), next(a), list(b), list(a))
groups = i.groupby(sorted(["apple", "bob", "cat", "alice", "carl"]), key=lambda w: w[0])
print({k: list(g) for k, g in groups})
print(o.itemgetter(1, 0)("ab"), o.attrgetter("real", "imag")(3), o.methodcaller("upper")("x"), o.concat([1], [2]), o.index(True), o.contains([1], 1), o.truediv(1, 2), o.iadd([1], [2]))
primes = i.count(2)
sieve = []
for _ in range(10):
    p = next(primes)
    sieve.append(p)
    primes = (lambda p, rest: (n for n in rest if n % p))(p, primes)
print(sieve)
for action in (lambda: f.reduce(o.add, []), lambda: i.islice([], -1), lambda: i.combinations([], -1), lambda: list(i.batched([1], 0)), lambda: f.partial(), lambda: next(i.chain())):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
