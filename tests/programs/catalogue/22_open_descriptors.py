# Files and sockets that are left open: however many, the process does not run out of descriptors.
# suite: stress=no
import os
import resource
import socket
import tempfile
import warnings

warnings.simplefilter("ignore")
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))


def open_now():
    return len(os.listdir("/proc/self/fd"))


start = open_now()
handle, path = tempfile.mkstemp()
os.write(handle, b"content\n")
os.close(handle)


def files():
    open(path).readline()


def raw():
    open(path, "rb", buffering=0)


def cycles():
    holder = [open(path)]
    holder.append(holder)


def sockets():
    a, b = socket.socketpair()
    a.makefile("w"), b.makefile("rb")


def writers():
    open(os.devnull, "w").write("left in a buffer")


for use in (files, raw, sockets, writers):
    for _ in range(1500):
        use()
    print(use.__name__, open_now() < 128)
import gc

for n in range(1500):
    cycles()
    if n % 50 == 49:
        gc.collect()
print("cycles", open_now() < 128)
for _ in range(3):
    gc.collect()
print("after a collection", open_now() - start <= 12)


def flushed():
    for n in range(20):
        open(path, "a").write(f"{n}\n")


flushed()
for _ in range(3):
    gc.collect()
with open(path) as file:
    print("written at the end of their lives:", sum(1 for _ in file) >= 18)
os.unlink(path)
