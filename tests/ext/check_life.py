# suite: stress=no
import gc

import life


def use(n):
    for i in range(n):
        c = life.connect()
        ring = [life.cursor(c), life.cursor(c)]
        if i % 2:
            ring.append(ring)


def settle():
    for _ in range(3):
        gc.collect()


use(2000)
settle()
# A stack may still look as if it held the last few.
bad, closed, finished, _ = life.counts()
print(bad, closed > 1900, finished > 3800)


def capsules(n):
    for _ in range(n):
        life.capsule()


capsules(1_000_000)
settle()
bad, _, _, destroyed = life.counts()
print(bad, destroyed > 999_900)
