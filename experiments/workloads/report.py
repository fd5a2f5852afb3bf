"""How a workload tells the lab something: numbers and points, as lines of JSON."""

import json
import os
import time

_path = os.environ.get("TANDEM_LAB_REPORT")


def _write(lines):
    if _path:
        with open(_path, "a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)


def value(name, number):
    _write([{"value": name, "is": number}])


def points(series, pairs):
    _write([{"series": series, "x": x, "y": y} for x, y in pairs])


def latencies(name, seconds):
    """Quantiles of some times, in ms."""
    ordered = sorted(seconds)
    for label, share in ("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0):
        value(f"{name}_{label}", ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3)


def warm_up(iterations, work):
    """Calls `work(number)` so many times and reports how long a call took, early ones and late ones alike; sums what it returns."""
    shown = {round(10 ** (exponent / 4)) for exponent in range(24)}
    pairs = []
    times = []
    total = 0
    now = time.perf_counter
    for number in range(1, iterations + 1):
        started = now()
        total += work(number)
        times.append(now() - started)
        if number in shown:
            # The middle of those since the last point, so that one disturbance is not the curve.
            pairs.append((number, sorted(times)[len(times) // 2] * 1e6))
            times.clear()
    points("iteration", pairs)
    value("first_us", pairs[0][1])
    value("last_us", pairs[-1][1])
    return total
