# suite: stress=1000
import resource

import memory


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


memory.churn(20)
before = peak()
memory.churn(500)
print(peak() - before < 50)


class Derived(memory.Hidden):
    pass


def use():
    for _ in range(1500):
        memory.Hidden()
        Derived().itself = 1


use()
print(peak() - before < 1000)
data, numbers = memory.grow(500)
print(len(data), data[:30], sum(numbers))
kept = [1, 2]
print(memory.changed(kept), kept, memory.changed([3]))
