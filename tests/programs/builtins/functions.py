# Builtin functions and iterators.
print(abs(-3), all([1, 0]), any([0, 1]), ascii("é"), bin(5), callable(len), chr(97), divmod(7, 2), hex(255), oct(8), ord("a"), pow(2, 3), repr("r"), round(2.567, 2), sum([1, 2], 10))
print(list(enumerate("ab", 1)), list(filter(None, [0, 1, "", "a"])), list(filter(lambda v: v > 1, range(4))), list(map(pow, [2, 3], [3, 2])), list(zip("ab", range(5))), list(zip()), list(reversed(range(3))))
print(list(zip("ab", [1, 2], strict=True)), next(iter([]), "default"), list(iter(iter([3, 2, 1, 0]).__next__, 0)), min("b", "a"), max([1, 2], key=lambda v: -v), min([], default="empty"), max(3, 9, 4), sorted({3: 0, 1: 0}))
print(isinstance(1, (str, int)), issubclass(bool, int), type(1), type("n", (), {}).__name__, id(print) == id(print), hash("a") == hash("a"), getattr(1, "real"), getattr(1, "nope", None), hasattr(1, "imag"), len("é"))
print(eval("1+1"), compile("1", "s", "eval").co_filename, format(3.14159, ".2f"), format("a", ">3"), input.__name__, int("7"), bool([]), float("2"), complex(1, 2), str(5), bytes(2), list("ab"), tuple("ab"), dict(a=1), sorted(set("aab")), frozenset("a"))
print(1, "two", [3], sep=" - ", end=" END\n")
print("no newline", end="")
print()
print(*range(3), sep="")
print(vars(type("T", (), {"x": 1}))["x"], dir(type("T", (), {"only": 1})())[-1], sorted(n for n in dir([]) if not n.startswith("_")), __name__, globals() is vars())
m = map(lambda v: v * 2, [1, 2, 3])
print(next(m), list(m), list(m), m.__class__.__name__, iter(m) is m)
z = zip([1, 2, 3], iter([4, 5]))
print(list(z), next(enumerate("x")), list(map(None.__class__, [])), list(zip([1], [2], [3]))[0], list(map(max, [1, 5], [4, 2], [3, 3])))


class Seq:
    def __getitem__(self, i):
        if i > 2:
            raise IndexError
        return i * i

    def __len__(self): return 3


print(list(Seq()), list(reversed(Seq())), 4 in Seq(), tuple(Seq()), max(Seq()), [*Seq()], dict(enumerate(Seq())))


class Rev:
    def __reversed__(self): return iter("reversed")


print("".join(reversed(Rev())))


class Hint:
    def __iter__(self): return iter([1, 2])

    def __length_hint__(self): return 10


import operator

print(list(Hint()), operator.length_hint(Hint()), operator.length_hint([1]), operator.length_hint(5, 7) if False else "-")


class Dir:
    def __dir__(self): return ["z", "a"]

    def __format__(self, spec): return "fmt:" + spec

    def __round__(self, n=None): return n

    def __sizeof__(self): return 5

    def __hash__(self): return -1

    def __repr__(self): return "Dir"


d = Dir()
print(dir(d), format(d, "x"), f"{d:yy}", round(d), round(d, 3), hash(d), d, [d], {"k": d}, (d,))
bad = [lambda: abs("a"), lambda: all(1), lambda: chr("a"), lambda: divmod(1), lambda: iter(1), lambda: next([]), lambda: list(zip([1], [1, 2], strict=True)), lambda: list(zip([1, 2], [1], strict=True)), lambda: max([]), lambda: max(1), lambda: min([1, "a"]), lambda: sum(["a"]),
       lambda: sum("ab", ""), lambda: reversed({1}), lambda: isinstance(1, 5), lambda: issubclass(1, int), lambda: getattr(1, "nope"), lambda: setattr(1, "a", 2), lambda: setattr(d, 1, 2), lambda: delattr(d, "nope"), lambda: vars(1), lambda: hash([]), lambda: ord(""), lambda: round("a"), lambda: len(1),
       lambda: eval("1 +"), lambda: exec("x ="), lambda: compile("x", "s", "bad"), lambda: eval("a\x00b"), lambda: print(1, sep=1), lambda: sorted(1), lambda: enumerate(), lambda: map(len), lambda: list(map(len, [1])), lambda: int.__new__(str), lambda: object.__new__(int), lambda: format(1, 2), lambda: type(1, 2), lambda: super().x, lambda: __import__(1), lambda: open("\x00"), lambda: breakpoint.nope, lambda: callable(), lambda: zip(1), lambda: filter(None), lambda: id(), lambda: pow("a", 2), lambda: bin(1.5), lambda: memoryview(1), lambda: iter(len, 1, 2)]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
print(NotImplemented, Ellipsis, None, ..., type(None).__name__, type(...).__name__, bool(...), None is None, __debug__)


class Descriptor:
    def __get__(self, *args): raise AttributeError("from the descriptor")


class HasIt:
    d = Descriptor()


print(hasattr(HasIt(), "d"), getattr(HasIt(), "d", "fallback"))


class Old:
    def __getattr__(self, name): raise ValueError(name)


try:
    hasattr(Old(), "x")
except ValueError as error:
    print("not swallowed:", error)
