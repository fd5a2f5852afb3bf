"""Tracebacks written by faulthandler: now, later, at a signal, and when the process crashes."""

import faulthandler
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time


def shown(data):
    text = data.decode()
    text = re.sub(r"0x[0-9a-f]{8,}( \[[^]]*\])?", "ID", text)
    text = re.sub(r'File "[^"]*[/\\]', 'File "', text)
    # Where the library waits is its own affair.
    return re.sub(r'  File "threading.py".*\n', "", text)


def dumped(write, **options):
    with tempfile.TemporaryFile() as file:
        write(file, **options)
        file.seek(0)
        return shown(file.read())


def deep(n, write):
    return write() if n == 0 else deep(n - 1, write)


def one(file):
    deep(2, lambda: faulthandler.dump_traceback(file, all_threads=False))


def long(file):
    deep(200, lambda: faulthandler.dump_traceback(file=file.fileno(), all_threads=False))


def later(file):
    faulthandler.dump_traceback_later(0.05, file=file)
    time.sleep(1)
    faulthandler.cancel_dump_traceback_later()


def signalled(file):
    faulthandler.register(signal.SIGUSR1, file, all_threads=False)
    os.kill(os.getpid(), signal.SIGUSR1)
    print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))


print(dumped(one))
print(dumped(long).count("\n"), dumped(long).splitlines()[-1])
print(dumped(later))
print(dumped(signalled))

stop = threading.Event()
thread = threading.Thread(target=stop.wait)
thread.start()
text = dumped(lambda file: faulthandler.dump_traceback(file))
print(text.count("Thread ID"), text.count("Current thread ID"), text.rindex("Current") > text.rindex("\nThread") if "\nThread" in text else True)
stop.set()
thread.join()

print(faulthandler.is_enabled())
with tempfile.TemporaryFile() as file:
    faulthandler.enable(file)
    print(faulthandler.is_enabled(), faulthandler.disable(), faulthandler.disable())
for wrong in (
    lambda: faulthandler.enable(-1),
    lambda: faulthandler.enable("name"),
    lambda: faulthandler.dump_traceback_later(0),
    lambda: faulthandler.register(signal.SIGSEGV),
    lambda: faulthandler.register(1000),
):
    try:
        wrong()
    except Exception as e:
        print(type(e).__name__, e)

for program in (
    "import faulthandler; faulthandler.enable(c_stack=False)\ndef f(): faulthandler._sigsegv()\nf()",
    "import faulthandler; faulthandler.enable(c_stack=False)\nfaulthandler._sigabrt()",
    "import faulthandler\nfaulthandler.dump_traceback_later(0.05, exit=True)\nimport time\ntime.sleep(20)",
):
    ended = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE)
    print(ended.returncode, shown(ended.stderr))
