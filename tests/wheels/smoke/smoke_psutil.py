"""Processes and the system: what holds on every machine."""

import os
import signal
import subprocess

import psutil

me = psutil.Process()
print(me.pid == os.getpid(), me.ppid() == os.getppid(), me.is_running(), me.status() in ("running", "sleeping"))
print(me.memory_info().rss > 1 << 20, me.num_threads() >= 1, len(me.open_files()) >= 0, me.cwd() == os.getcwd())
print(type(me.cpu_times()).__name__, me.cpu_times().user >= 0, me.nice(), me.terminal() is None or True)
with me.oneshot():
    print(me.name() != "", me.username() != "", me.create_time() > 1e9)
memory = psutil.virtual_memory()
print(memory._fields[:4], 0 < memory.available <= memory.total, 0 <= memory.percent <= 100)
print(psutil.cpu_count() >= 1, len(psutil.cpu_percent(percpu=True)) == psutil.cpu_count(), psutil.disk_usage("/").total > 0)
print("lo" in psutil.net_if_addrs(), psutil.pid_exists(os.getpid()), psutil.pid_exists(2**30), psutil.boot_time() > 1e9)
child = subprocess.Popen(["sleep", "60"])
other = psutil.Process(child.pid)
print(other.name(), other.parent().pid == os.getpid(), other in me.children())
other.send_signal(signal.SIGTERM)
print(child.wait(), psutil.pid_exists(child.pid))
try:
    psutil.Process(2**30)
except psutil.NoSuchProcess as e:
    print(e.pid, str(e))
try:
    other.name()
except psutil.NoSuchProcess as e:
    print(type(e).__name__, isinstance(e, psutil.Error))
