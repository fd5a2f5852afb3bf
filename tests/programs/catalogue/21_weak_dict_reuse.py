# WeakValueDictionary and WeakKeyDictionary: a late callback must not remove a new entry under the same key.
import gc
import weakref


class Value:
    def __init__(self, name): self.name = name


class Key:
    def __init__(self, n): self.n = n

    def __hash__(self): return hash(self.n)

    def __eq__(self, other): return isinstance(other, Key) and self.n == other.n


class Cycle(Value):
    def __init__(self, name):
        super().__init__(name)
        self.me = self


kept = []
for kind in (Value, Cycle):
    values = weakref.WeakValueDictionary()
    for round in range(20):
        for n in range(20):
            values[n] = kind(f"dead {n}")
        fresh = [kind(f"fresh {n}") for n in range(10)]
        for n, value in enumerate(fresh):
            values[n] = value
        gc.collect()
        assert [values[n].name for n in range(10)] == [f"fresh {n}" for n in range(10)], round
    kept.append(fresh)
    print(kind.__name__, sorted(values)[:10] == list(range(10)), len(values) <= 20)

keys = weakref.WeakKeyDictionary()
for round in range(20):
    for n in range(20):
        keys[Key(n)] = f"dead {n}"
    gc.collect()
    fresh = [Key(n) for n in range(10)]
    for key in fresh:
        keys.pop(key, None)
        keys[key] = f"fresh {key.n}"
    gc.collect()
    assert [keys[Key(n)] for n in range(10)] == [f"fresh {n}" for n in range(10)], round
print(len(keys) <= 20, [keys[key] for key in fresh[:3]])

values = weakref.WeakValueDictionary()


class Reinserts:
    def __init__(self, n): self.n = n

    def __del__(self):
        replacement = Value(f"inserted by __del__ of {self.n}")
        kept.append(replacement)
        values[self.n] = replacement


def fill():
    for n in range(50):
        values[n] = Reinserts(n)


fill()
for _ in range(3):
    gc.collect()
inserted = [n for n in range(50) if n in values and isinstance(values[n], Value)]
print(len(inserted) >= 45, values[inserted[0]].name.startswith("inserted"))
iterated = weakref.WeakValueDictionary((n, Value(n)) for n in range(5))
mine = [Value(n) for n in range(100)]
for n, value in enumerate(mine):
    iterated[n] = value
seen = 0
for n, value in iterated.items():
    seen += 1
    if n % 2:
        mine[n] = None
    if n % 10 == 0:
        gc.collect()
del value
gc.collect()
print(seen >= 90, all(n in iterated for n in range(0, 100, 2)), sum(n in iterated for n in range(1, 100, 2)) <= 5)
