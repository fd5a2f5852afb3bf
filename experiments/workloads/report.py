"""How a workload tells the lab something: numbers and points, as lines of JSON."""

import json
import os

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
