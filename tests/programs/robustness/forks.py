# Forks among threads, and the ends of processes.
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


FORK = """
import os, sys, threading, time
stop = []
def work(n):
    while not stop:
        sum(range(100)); time.sleep(0)
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for t in threads: t.start()
statuses = []
def fork(n):
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            t = threading.Thread(target=lambda: None); t.start(); t.join()
            junk = [[n] for n in range(1000)]
            import gc; gc.collect()
            os._exit(7 if threading.active_count() == 1 else 8)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
forkers = [threading.Thread(target=fork, args=(n,)) for n in range(2)]
for t in forkers: t.start()
for t in forkers: t.join()
fork(0)
stop.append(1)
for t in threads: t.join()
print(set(statuses), len(statuses))
"""
show("fork among threads", start(FORK, "-W", "ignore"))
FORK_EXIT = """
import os, sys, threading
print("before", flush=True)
if os.fork() == 0:
    print("child"); sys.exit(3)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
show("fork and exit", start(FORK_EXIT))
DAEMON = """
import threading, time
def busy():
    while True: [n for n in range(100)]
for _ in range(3): threading.Thread(target=busy, daemon=True).start()
time.sleep(0.1)
print("main ends")
"""
show("daemons at exit", start(DAEMON))
show("SIGTERM", start("import os, signal; os.kill(os.getpid(), signal.SIGTERM)"))
show("abort", start("import os; os.abort()"))
