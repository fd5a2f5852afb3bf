"""A cache of bounded size whose entries are replaced all the time; reports how long single requests took."""

import random
import sys
import time
from collections import OrderedDict

import report


class Entry:
    def __init__(self, key):
        self.key = key
        self.fields = {"name": f"entry {key}", "tags": [key % 7, key % 11], "body": "x" * (key % 200)}


def main(size, requests):
    source = random.Random(3)
    cache = OrderedDict()
    hits = 0
    times = []
    now = time.perf_counter
    for _ in range(requests):
        started = now()
        key = int(source.paretovariate(0.7) * 100) % (size * 4)
        entry = cache.get(key)
        if entry is None:
            cache[key] = Entry(key)
            if len(cache) > size:
                cache.popitem(last=False)
        else:
            hits += 1
            cache.move_to_end(key)
        times.append(now() - started)
    print(hits, len(cache))
    report.latencies("request", times)


main(int(sys.argv[1]), int(sys.argv[2]))
