"""Extensions that cannot be loaded: an ImportError that says why, and the process goes on."""

import importlib.machinery
import importlib.util
import os
import shutil
import sys

suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
print(suffix, importlib.machinery.EXTENSION_SUFFIXES[-1])
folder = next(p for p in sys.path if os.path.exists(os.path.join(p, "init_raises" + suffix)))
here = os.path.join(os.getcwd(), "bad")
os.mkdir(here)
sys.path.insert(0, here)


def attempt(name):
    try:
        m = __import__(name)
        print("loaded", m.__name__)
    except BaseException as e:
        text = str(e).replace(folder, "F").replace(here, "H")
        print(name, type(e).__name__, text, getattr(e, "name", None), bool(getattr(e, "path", None)))
    print(name in sys.modules)


good = os.path.join(folder, "init_phases" + suffix)
shutil.copy(good, os.path.join(here, "older.cpython-312-x86_64-linux-gnu.so"))
attempt("older")
with open(good, "rb") as f:
    start = f.read(5000)
for name, data in (("empty", b""), ("truncated", start), ("text", b"not a library at all" * 10), ("stump", start[:30])):  # CPython itself dies of the truncated one, in the system's loader.
    with open(os.path.join(here, name + suffix), "wb") as f:
        f.write(data)
    attempt(name)
shutil.copy(good, os.path.join(here, "renamed" + suffix))
attempt("renamed")
attempt("undefined")
attempt("init_raises")
attempt("init_raises")
attempt("init_silent")

import init_phases

print(init_phases.bump(), init_phases.bump(), init_phases.constant, init_phases.__doc__)
spec = importlib.util.spec_from_file_location("init_phases", good)
second = importlib.util.module_from_spec(spec)
second.__fail__ = True
try:
    spec.loader.exec_module(second)
except ValueError as e:
    print(e)
third = importlib.util.module_from_spec(spec)
spec.loader.exec_module(third)
print(third.bump(), init_phases.bump(), third is init_phases, type(third).__name__)
