"""Runs a script under CPython or PyPy and writes their collectors' pauses as Tandem's --gc-stats does."""

import atexit
import gc
import json
import os
import runpy
import sys
import time

ORIGIN = time.perf_counter_ns()
pauses = []


def watch_cpython():
    now = time.perf_counter_ns
    started = [0]

    def callback(phase, info):
        if phase == "start":
            started[0] = now()
        else:
            pauses.append((started[0] - ORIGIN, now() - started[0], info["generation"]))

    gc.callbacks.append(callback)


def watch_pypy():
    """PyPy tells of a minor collection, or of a step of a major one, after the fact, in seconds."""
    now = time.perf_counter_ns

    def hook(generation):
        def tell(stats):
            # Short ones may be told of together.
            pause = int(stats.duration_max * 1e9)
            pauses.append((max(0, now() - ORIGIN - pause), pause, generation))

        return tell

    gc.hooks.on_gc_minor = hook(0)
    gc.hooks.on_gc_collect_step = hook(2)


def write(path):
    with open(path, "w") as file:
        for start, pause, generation in pauses:
            event = {"event": "collection", "start_ns": start, "pause_ns": pause, "generation": generation}
            file.write(json.dumps(event) + "\n")


if sys.implementation.name == "pypy":
    watch_pypy()
else:
    watch_cpython()
atexit.register(write, os.environ["TANDEM_LAB_EVENTS"])
del sys.argv[0]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
