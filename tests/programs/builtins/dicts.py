# Dictionaries: order, views, merging, missing keys, mutation while iterating, hashing, key identity, errors.
# suite: gc=none stress=997
d = {"b": 1, "a": 2}
d["c"] = 3
d["b"] = 10
del d["a"]
d["a"] = 20
print(d, list(d), len(d), "a" in d, 1 in d, d.get("z"), d.get("z", 0), d.setdefault("n", []), d.pop("n"), d.pop("n", "gone"), d.popitem(), d)
print(dict(a=1, b=2), dict([("x", 1), ("y", 2)]), dict({"m": 1}, n=2), dict.fromkeys("ab", 0), dict(zip("pq", range(2))), {}, dict(["ab", ("c", 1)]))
d.update(x=1)
d.update({"y": 2}, z=3)
d.update([("w", 4)])
print(d, d | {"b": 0, "new": 1}, {"first": 1} | d, d == dict(reversed(d.items())), list(reversed(d)))
d |= [("k", "v")]
print(d, d.copy() == d, d.copy() is d)
keys, values, items = d.keys(), d.values(), d.items()
print(keys, list(values), ("k", "v") in items, len(items), keys & {"b", "zz"}, sorted(keys - {"b"}), sorted(keys | {"q"}), keys ^ keys, items <= items, keys.isdisjoint([]), 1 in values)
d["late"] = 1
print("late" in keys, len(values), keys.mapping["late"], {1: 0}.keys() == {1}, {1: 2}.items() == {(1, 2)})
print({1: "int", 1.0: "float", True: "bool"}, {1: "a"}[True], {(1, 2): "t"}[1, 2], {None: 1, (): 2}, {0: 1, -0.0: 2}, {float("nan"): 1} == {float("nan"): 1})


class Key:
    def __init__(self, n, h): self.n, self.h = n, h

    def __hash__(self): return self.h

    def __eq__(self, other): return isinstance(other, Key) and self.n == other.n

    def __repr__(self): return f"K{self.n}"


collide = {Key(i, 7): i for i in range(20)}
print(len(collide), collide[Key(13, 7)], Key(99, 7) in collide, collide.pop(Key(0, 7)), list(collide)[:3])
for i in range(1, 20, 2):
    del collide[Key(i, 7)]
collide[Key(1, 7)] = "back"
print(collide)


class Missing(dict):
    def __missing__(self, key): return f"no {key}"


m = Missing(a=1)
print(m["a"], m["b"], m.get("b"), "b" in m, m)
for action in ("add", "remove", "change"):
    victim = {1: 1, 2: 2}
    try:
        for k in victim:
            if action == "add":
                victim[k + 10] = 0
            elif action == "remove":
                del victim[k]
            else:
                victim[k] = "changed"
        print(victim)
    except RuntimeError as error:
        print(error)
it = iter({1: 1})
print(next(it), next(it, "end"), it.__length_hint__())
victim = {i: i for i in range(5)}
for k in list(victim):
    del victim[k]
print(victim, bool(victim))
big = {}
for i in range(2000):
    big[f"key{i}"] = i
    if i % 2:
        del big[f"key{i // 2}"]
print(len(big), list(big)[:3], list(big)[-1], sum(big.values()))
for i in range(3000):
    big[i % 7] = i
print(len(big), [big[i] for i in range(7)])
nested = {"a": {"b": {"c": 1}}}
nested["self"] = nested
print(nested, nested["a"]["b"]["c"])
bad = [lambda: {}["k"], lambda: {}[[]], lambda: {[]: 1}, lambda: {{}: 1}, lambda: {}.pop("k"), lambda: {}.popitem(), lambda: dict([1]), lambda: dict(["abc"]), lambda: dict(5), lambda: {} < {}, lambda: {}.update(5), lambda: hash({}), lambda: {} + {}, lambda: {} | 5,
       lambda: {}.fromkeys(5), lambda: {}.__delitem__(1), lambda: {1: 2}.keys()[0], lambda: dict(**{1: 2}), lambda: {}.get(), lambda: {(1, []): 2}, lambda: dict.fromkeys([[]])]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class Evil:
    def __hash__(self): return 1

    def __eq__(self, other): raise ValueError("comparing")


e = {Evil(): 1}
try:
    e[Evil()]
except ValueError as error:
    print(error)


class BadHash:
    def __hash__(self): return "x"


try:
    {BadHash(): 1}
except TypeError as error:
    print(error)


class Mutates:
    def __init__(self, target): self.target = target

    def __hash__(self): return 1

    def __eq__(self, other):
        self.target.clear()
        return False


target = {}
target[Mutates(target)] = 1
target[1] = 2
print(len(target))


class Sub(dict):
    def __setitem__(self, key, value): super().__setitem__(key, value * 2)


s = Sub(a=1)
s["b"] = 1
s.update(c=1)
print(s, type(s.copy()).__name__, s | {"d": 1}, {**s}, dict(s) == s)


class Attributes:
    pass


o = Attributes()
for name in "zyx":
    setattr(o, name, name)
o.__dict__["w"] = 1
del o.y
o.y = 2
print(vars(o), o.w, o.__dict__ is vars(o))
o.__dict__ = {"fresh": True}
print(o.fresh, hasattr(o, "z"))
counts = {}
for c in "mississippi":
    counts[c] = counts.get(c, 0) + 1
print(counts, sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])), max(counts, key=counts.get))
print({k: v for k, v in {"a": 1, "b": 2}.items() if v > 1}, dict(enumerate("ab")), {v: k for k, v in {"a": 1}.items()}, [*{"a": 1}], {**{"a": 1}})
a, b = {"x": 1}, {"x": 1.0}
print(a == b, a != b, a is a, {"k": [1]} == {"k": [1]}, {} == [], {1: {2: 3}} == {1: {2: 3}})
