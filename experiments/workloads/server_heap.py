"""A server with a large heap of records: requests read some, replace some, and drop whole groups; reports their latencies."""

import random
import sys
import time

import report


class Record:
    __slots__ = ("number", "name", "links", "fields")

    def __init__(self, number):
        self.number = number
        self.name = f"record {number}"
        self.links = []
        self.fields = {"score": number * 0.5, "seen": None}


GROUP = 1000


def group(first):
    records = [Record(first + n) for n in range(GROUP)]
    for n, record in enumerate(records):
        record.links.append(records[n // 2])
    return records


def main(count, requests):
    source = random.Random(5)
    groups = [group(first) for first in range(0, count, GROUP)]
    times = []
    now = time.perf_counter
    total = 0.0
    for request in range(requests):
        started = now()
        if request % 200 == 199:
            # Everything of the group dies at once.
            place = source.randrange(len(groups))
            groups[place] = group(place * GROUP)
        else:
            records = source.choice(groups)
            picked = [source.choice(records) for _ in range(20)]
            total += sum(record.fields["score"] for record in picked)
            old = picked[0]
            new = Record(old.number)
            new.links = old.links
            records[old.number % GROUP] = new
        times.append(now() - started)
    # The largest cascade of all: the whole heap.
    started = now()
    del groups, records, picked, old, new
    report.value("drop_all_ms", (now() - started) * 1e3)
    report.latencies("request", times)
    print(f"{total:.1f}")


main(int(sys.argv[1]), int(sys.argv[2]))
