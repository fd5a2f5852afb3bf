# sys, os, subprocess, argparse, logging, time, inspect, traceback, dis-free introspection.
# suite: stress=997
import argparse
import inspect
import io
import logging
import os
import subprocess
import sys
import time
import traceback

print(sys.version_info[:2], sys.byteorder, sys.maxsize, sys.maxunicode, sys.getdefaultencoding(), sys.float_info.max, sys.int_info.bits_per_digit, sys.hash_info.modulus, sys.flags.optimize, sys.argv[1:], sys.implementation.cache_tag is not None)
print(sys.intern("a b") is sys.intern("a b"), sys.getrecursionlimit(), sys.exc_info(), sys.getsizeof(0) > 0, "sys" in sys.modules, "sys" in sys.builtin_module_names, sys.stdout.encoding, sys.platform)
os.environ["TANDEM_TEST"] = "value"
print(os.environ["TANDEM_TEST"], os.getenv("NOT_SET", "default"), os.path.join("a", "..", "b"), os.path.normpath("a/../b"), os.path.splitext("x.tar.gz"), os.sep, os.getpid() > 0, os.path.relpath("/a/b", "/a/c"), os.fspath("p"))
run = lambda *args, **kw: subprocess.run(args, capture_output=True, text=True, **kw)
done = run("sh", "-c", "echo out; echo err >&2; echo $TANDEM_TEST; exit 3")
print(done.returncode, done.stdout.split(), done.stderr)
print(run("cat", input="piped").stdout, subprocess.check_output(["echo", "hi"]), run(sys.executable, "-c", "import sys; print(sys.argv, sys.stdin.read())", "arg", input="in").stdout)
for action in (lambda: subprocess.run(["false"], check=True), lambda: subprocess.run(["/no/such"]), lambda: subprocess.run(["sleep", "5"], timeout=0.05)):
    try:
        action()
    except Exception as error:
        print(type(error).__name__, str(error)[:60])
pid = os.fork()
if pid == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
r, w = os.pipe()
os.write(w, b"through a pipe")
os.close(w)
print(os.read(r, 100), os.close(r))
parser = argparse.ArgumentParser(prog="demo", description="A demo.")
parser.add_argument("file")
parser.add_argument("-n", "--number", type=int, default=1, help="how many")
parser.add_argument("--flag", action="store_true")
print(parser.parse_args(["x", "-n", "5", "--flag"]))
print(parser.format_help())
stream = io.StringIO()
handler = logging.StreamHandler(stream)
handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
logger = logging.getLogger("demo")
logger.addHandler(handler)
logger.warning("careful %d", 5)
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("failed")
print([line for line in stream.getvalue().splitlines() if "File" not in line])
a = time.perf_counter()
time.sleep(0.01)
print(time.perf_counter() - a >= 0.01, time.monotonic() > 0, time.strftime("%Y", time.gmtime(0)), time.gmtime(86400 * 365)[:6], time.time() > 1.7e9)


def sample(a, b: int = 2, *args, c, d=4, **kw) -> str:
    "Its doc."
    return inspect.currentframe().f_code.co_name


signature = inspect.signature(sample)
print(signature, list(signature.parameters), signature.parameters["b"].default, signature.bind(1, c=3).arguments, sample(1, c=2), inspect.getdoc(sample), inspect.isfunction(sample), inspect.getsource(sample).splitlines()[0])
print(inspect.getmro(bool), inspect.isclass(int), inspect.ismodule(sys), inspect.signature(len), inspect.signature(int.__add__), [n for n, _ in inspect.getmembers(argparse.Namespace(x=1)) if not n.startswith("_")])


def outer():
    def inner():
        return [frame.name for frame in traceback.extract_stack()][-2:]
    return inner()


print(outer())
try:
    try:
        {}["k"]
    except KeyError as error:
        raise ValueError("bad") from error
except ValueError as error:
    lines = traceback.format_exception(error)
    print(len(lines), lines[-1].strip(), traceback.format_exception_only(error), [s.line for s in traceback.extract_tb(error.__traceback__)])
frame = sys._getframe()
print(frame.f_lineno, frame.f_code.co_name, frame.f_back, "frame" in frame.f_locals, frame.f_globals is globals())
import atexit

atexit.register(print, "registered first, runs last")
atexit.register(lambda: print("at exit"))
events = []


def tracer(frame, event, arg):
    if frame.f_code.co_name == "traced":
        events.append((event, frame.f_lineno - frame.f_code.co_firstlineno))
        return tracer


def traced(n):
    for i in range(n):
        n += i
    return n


sys.settrace(tracer)
traced(2)
sys.settrace(None)
print(events)
profile = []
sys.setprofile(lambda frame, event, arg: profile.append((event, frame.f_code.co_name)) if event.startswith("c_") or frame.f_code.co_name == "traced" else None)
traced(1)
len([])
sys.setprofile(None)
print(profile[:4])
