"""Objects with finalizers and weak references that die in great numbers."""

import gc
import sys
import weakref


class Resource:
    open = 0

    def __init__(self, number):
        self.number = number
        Resource.open += 1

    def __del__(self):
        Resource.open -= 1


called = 0


def told(_):
    global called
    called += 1


def main(rounds, size):
    peak = 0
    for _ in range(rounds):
        resources = [Resource(number) for number in range(size)]
        references = [weakref.ref(resource, told) for resource in resources]
        for resource in resources[::2]:
            resource.friend = resource
        peak = max(peak, Resource.open)
        del resources, resource
        gc.collect()
        del references
    gc.collect()
    print("open" if Resource.open > size // 100 else "closed", called > rounds * size * 0.9)


main(int(sys.argv[1]), int(sys.argv[2]))
