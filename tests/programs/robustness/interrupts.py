# SIGINT ends whatever the main thread waits for or works at.
# suite: stress=no
import os
import subprocess
import sys

manager = getattr(getattr(sys.implementation, "tandem", None), "gc", "")
environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
environment.update(TANDEM_GC=manager, PYTHONDONTWRITEBYTECODE="1", PYTHON_COLORS="0")


def start(source, *options):
    command = [sys.executable, *options, "-c", source]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def show(name, process):
    out, err = process.communicate(timeout=120)
    print(name, process.returncode, repr(out), *err.strip().splitlines()[-1:])


INTERRUPTED = """
import os, signal, subprocess, sys, threading, time
def soon():
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)
if {where!r} == "thread":
    threading.Thread(target=soon, daemon=True).start()
else:
    subprocess.Popen(["sh", "-c", f"sleep 0.4; kill -INT {{os.getpid()}}"])
try:
    {what}
except KeyboardInterrupt:
    print("interrupted")
    {then}
"""
started = {}
for name, what in {
    "loop": "while True: pass",
    "calls": "f = lambda: None\n    while True: f()",
    "native calls": "while True: len([])",
    "iteration": "for x in __import__('itertools').count(): pass",
    "sleep": "time.sleep(60)",
    "lock": "l = threading.Lock(); l.acquire(); l.acquire()",
    "lock with a timeout": "l = threading.Lock(); l.acquire(); l.acquire(timeout=60)",
    "recursive lock": "l = threading.RLock(); threading.Thread(target=l.acquire).start(); time.sleep(0.1); l.acquire()",
    "condition": "c = threading.Condition(); c.acquire(); c.wait()",
    "event": "threading.Event().wait()",
    "join": "t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start(); t.join()",
    "queue": "__import__('queue').Queue().get()",
    "select": "__import__('select').select([], [], [], 60)",
    "read": "__import__('os').read(__import__('os').pipe()[0], 1)",
    "accept": "s = __import__('socket').socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.accept()",
    "regular expression": "__import__('re').match('(a+)+b', 'a' * 60)",
    "generator": "g = (x for x in iter(int, 1))\n    next(x for x in g if x)",
}.items():
    started[name] = start(INTERRUPTED.format(what=what, where="process", then=""))
started["sleep, from a thread"] = start(INTERRUPTED.format(what="time.sleep(60)", where="thread", then=""))
started["sleep, uncaught"] = start(INTERRUPTED.format(what="time.sleep(60)", where="process", then="raise"))
for name, process in started.items():
    show("SIGINT in " + name, process)
