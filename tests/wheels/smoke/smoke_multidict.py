"""Dicts with several values for a key."""

import multidict._multidict as ext
from multidict import CIMultiDict, MultiDict, MultiDictProxy, getversion, istr

assert MultiDict is ext.MultiDict
d = MultiDict([("a", 1), ("b", 2), ("a", 3)], c=4)
print(d, d["a"], d.getall("a"), d.getone("b"), d.get("x", 9), len(d), list(d), list(d.items()))
d.add("a", 5)
d["b"] = 7
print(d.popone("a"), d.popall("a"), d.pop("zz", None), d.setdefault("n", 1), d)
before = getversion(d)
d.extend({"b": 8}, z=9)
print(getversion(d) > before, d, d.keys() & {"b", "q"}, sorted(d.values()), d == {"b": 7})
h = CIMultiDict({"Content-Type": "text/html", "X": "1"})
print(h["content-type"], "CONTENT-TYPE" in h, h, istr("Key").lower(), h.copy() == h)
p = MultiDictProxy(d)
print(p["c"], p.copy() == d, isinstance(p, dict))
for bad in (lambda: d["none"], lambda: p.__setitem__("a", 1), lambda: MultiDict(1), lambda: d.add(1, 2), lambda: MultiDict([(1, 2, 3)]), lambda: d.popitem() and MultiDict().popitem()):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
d.update(a=1)
d.merge(q=2) if hasattr(d, "merge") else None
it = iter(d.items())
next(it)
d.add("mid", 1)
try:
    next(it)
except RuntimeError as e:
    print(e)
big = CIMultiDict((f"Header-{i % 50}", str(i)) for i in range(1000))
print(len(big), len(big.getall("header-7")), sum(map(int, big.values())))
