"""Runs a benchmark of pyperformance, which `scripts/pyperf-compare --fetch` got, and reports its first, median and best time."""

import json
import os
import runpy
import statistics
import sys
import tempfile

import report


def main(name, *options):
    home = os.path.join(os.environ["TANDEM_LAB_FETCHED"], "pyperformance")
    with open(os.path.join(home, "index.json")) as file:
        benchmark = json.load(file)[name]
    script = os.path.join(home, benchmark["script"])
    sys.path[0:0] = [os.path.dirname(script), os.path.join(home, "site")]
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "output.json")
        worker = ["--worker", "--calibrate-loops", "--quiet", *options, "--output", output]
        sys.argv = [script, *benchmark["options"], *worker]
        runpy.run_path(script, run_name="__main__")
        with open(output) as file:
            tell(json.load(file)["benchmarks"])


def tell(parts):
    """A script may time several things: their geometric means."""
    first, median, best = [], [], []
    for part in parts:
        run = part["runs"][0]
        loops = run["warmups"][-1][0]
        # The process chooses its number of loops by trying; the tries with the final number count like any value.
        values = [seconds for count, seconds in run["warmups"] if count == loops] + run.get("values", [])
        first.append(run["warmups"][0][1])
        median.append(statistics.median(values))
        best.append(min(values))
    for label, seconds in ("first_ms", first), ("median_ms", median), ("best_ms", best):
        report.value(label, statistics.geometric_mean(seconds) * 1e3)


main(*sys.argv[1:])
