"""A list that can be frozen."""

from frozenlist import FrozenList

import frozenlist._frozenlist as ext

assert FrozenList is ext.FrozenList
fl = FrozenList([3, 1])
fl.append(2)
fl.insert(0, 9)
fl.extend(range(3))
fl += [7]
print(fl, len(fl), fl[0], fl[-1], fl[1:3], 7 in fl, fl.index(2), fl.count(1), list(reversed(fl)), fl.frozen)
fl.remove(9)
fl.reverse()
print(fl.pop(), fl == [7, 2, 1, 0, 2, 1], fl > [1], sorted(fl))
del fl[0]
fl[0] = "x"
try:
    hash(fl)
except RuntimeError as e:
    print(type(e).__name__, e)
fl.freeze()
print(fl, hash(fl) == hash(tuple(fl)), fl.frozen, {fl: 1}[fl])
for change in (lambda: fl.append(1), lambda: fl.__setitem__(0, 1), fl.clear, lambda: fl.__delitem__(0), fl.reverse):
    try:
        change()
    except RuntimeError as e:
        print(type(e).__name__, e)
print([FrozenList(range(i))[-1] for i in range(1, 200, 40)], FrozenList[int], FrozenList.__mro__[0].__name__)
