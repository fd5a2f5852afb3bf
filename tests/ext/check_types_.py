import gc
import weakref

import types_
from types_ import Blind, Chain, Half, Listed


def churn():
    for _ in range(4):
        gc.collect()
        [[i, {}] for i in range(2000)]


types_.static0.held = ["held", 0]
types_.static1.held = {"held": [1]}
types_.static2.held = types_.static0
churn()
print(types_.static0.held, types_.static1.held, types_.static2.held.held)


class Derived(Listed):
    def __init__(self, *items):
        super().__init__(items)
        self.extra = {"extra": list(items)}
        self.number = len(items)
        self.own = "attribute"


made = [Derived(*range(i)) for i in range(50)]
plain = Listed((1, 2, 3))
plain.extra = [plain]
churn()
print(sum(len(d) + d.number + len(d.extra["extra"]) for d in made), made[7], made[7].own, plain, plain.extra[0] is plain)
made.sort(key=lambda d: -len(d))
made[0].append("more")
print(made[0][-2:], made[0] == list(range(49)) + ["more"], Listed.__mro__[1].__name__, isinstance(plain, list))
refs = [weakref.ref(d) for d in made]
del made, plain
churn()
# A stack may still look as if it held some of them.
print(sum(ref() is None for ref in refs) > 40)

blind = [Blind([i], {"b": i}) for i in range(100)]
half = [Half([i], {"b": i}) for i in range(100)]
churn()
print(sum(o.a[0] + o.b["b"] for o in blind + half))
print(types_.counts()[0])
del half, blind
churn()

seen = []
types_.set_farewell(lambda o: seen.append((type(o).__name__, o.a, o.b)))


def make():
    for i in range(500):
        Chain(i, [i])


make()
churn()
names, numbers, lists = zip(*seen)
print(set(names), len(numbers) > 490, all(n == [i] for i, n in zip(numbers, lists)), types_.counts()[1] == len(seen))
types_.set_farewell(None)
