# copy, pickle, datetime, decimal, fractions, random, statistics, hashlib, io, tempfile, contextlib, abc, types, warnings.
# suite: stress=997
import abc
import contextlib
import copy
import datetime as dt
import hashlib
import io
import os
import pickle
import random
import statistics
import sys
import tempfile
import types
import warnings
from decimal import Decimal, getcontext
from fractions import Fraction


class Node:
    def __init__(self, value, next=None): self.value, self.next = value, next

    def __eq__(self, other): return self.value == other.value


class Slotted:
    __slots__ = ("a",)


class Reduced:
    def __init__(self, x): self.x = x

    def __reduce__(self): return Reduced, (self.x + 1,)


class Stateful:
    def __getstate__(self): return {"saved": True}

    def __setstate__(self, state): self.restored = state


ring = Node(1, Node(2))
ring.next.next = ring
again = copy.deepcopy(ring)
print(again.next.next is again, again is not ring, copy.copy(ring).next is ring.next, copy.deepcopy([[1]] * 2), copy.copy({1: [2]}))
s = Slotted()
s.a = [1]
print(copy.copy(s).a is s.a, copy.deepcopy(s).a is s.a, copy.copy(Reduced(1)).x, copy.copy(Stateful()).restored)
for protocol in range(6):
    data = [1, -(10**30), 1.5, "é😀", b"b", None, True, (1, (2,)), {"k": {1, 2}}, frozenset([3]), ring, s, Reduced(5), Stateful(), range(3), len, Node, 2j, bytearray(b"x"), ...]
    if protocol < 2:
        data = [v for v in data if v is not s]
    back = pickle.loads(pickle.dumps(data, protocol))
    print(protocol, back[:10], back[10].next.next is back[10], [type(v).__name__ for v in back[11:]])
for bad in (lambda: None, (i for i in ()), sys):
    try:
        pickle.dumps(bad)
    except Exception as error:
        print(type(error).__name__)
d = dt.datetime(2024, 2, 29, 13, 45, 6, 789)
print(d, d.isoformat(), d + dt.timedelta(days=366, hours=-14), d.strftime("%Y-%m-%d %H:%M:%S.%f %a %j"), d.date() - dt.date(2000, 1, 1), dt.datetime.fromisoformat("2020-01-02T03:04:05+02:00").astimezone(dt.timezone.utc), d.replace(year=2023, day=1).weekday(), dt.timedelta(seconds=-1), dt.time(5) < dt.time(6), dt.datetime.strptime("1/2/03", "%d/%m/%y"), dt.date.max.toordinal(), repr(dt.timedelta(1, 2, 3)))
for action in (lambda: dt.date(2023, 2, 29), lambda: dt.date.fromisoformat("x"), lambda: d - dt.datetime.now(dt.timezone.utc)):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
getcontext().prec = 30
print(Decimal("0.1") + Decimal("0.2"), Decimal(1) / 7, Decimal("1e400") * 2, round(Decimal("2.675"), 2), Decimal("-0"), Decimal(2).sqrt(), Fraction(1, 3) + Fraction(1, 6), Fraction("0.125"), Fraction(0.5), float(Fraction(22, 7)), Fraction(7, 2) // 1, Decimal("123.456").quantize(Decimal("0.1")))
r = random.Random(42)
print(r.random(), r.randint(1, 100), r.choice("abc"), r.sample(range(100), 5), r.shuffle(l := list(range(8))), l, r.gauss(0, 1), r.uniform(1, 2), r.getrandbits(100), r.choices("xy", k=4), r.randbytes(4), random.Random("seed").random())
print(statistics.mean([1, 2, 4]), statistics.median([3, 1, 2]), statistics.stdev([1, 2, 3, 4]), statistics.mode("aab"), statistics.quantiles([1, 2, 3, 4, 5]))
print(hashlib.sha256(b"abc").hexdigest(), hashlib.md5(b"").hexdigest(), hashlib.blake2b(b"x", digest_size=8).hexdigest(), hashlib.sha1(b"a" * 1000).hexdigest(), hashlib.sha3_256(b"").hexdigest()[:16])
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file.txt")
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        print("first", file=file)
        file.write("sécond\n")
        file.writelines(["third\n", "last"])
        print(file.tell() > 0, file.writable(), file.closed)
    with open(path, encoding="utf-8") as file:
        print(file.readline(), file.read(3), file.readlines(), file.seek(0), [line.strip() for line in file], file.name == path, file.mode, file.encoding)
    with open(path, "rb+", buffering=0) as file:
        print(file.read(7), file.seek(-4, 2), file.read(), file.write(b"!"), file.truncate(5), file.seek(0), file.readall())
    with open(path, "ab") as file:
        file.write(b"xyz")
    print(os.path.getsize(path), os.listdir(folder), os.path.exists(path + "no"), open(path, "rb").read())
    try:
        file.write(b"closed")
    except ValueError as error:
        print(error)
    try:
        open(path).write("x")
    except io.UnsupportedOperation as error:
        print(error)
b = io.BytesIO(b"line1\nline2")
print(b.readline(), b.read(), b.getvalue(), b.seek(0), b.readinto(bytearray(3)), io.StringIO("a\r\nb").readlines(), io.TextIOWrapper(io.BytesIO(b"x\r\ny")).read(), io.BufferedReader(io.BytesIO(b"peek")).peek()[:2])
with contextlib.redirect_stdout(io.StringIO()) as captured:
    print("captured")
print(repr(captured.getvalue()))


class Abstract(abc.ABC):
    @abc.abstractmethod
    def needed(self): ...

    @property
    @abc.abstractmethod
    def prop(self): ...


try:
    Abstract()
except TypeError as error:
    print(error)
Abstract.register(int)
print(isinstance(1, Abstract), issubclass(bool, Abstract), types.SimpleNamespace(a=1, b="x"), types.MappingProxyType({"k": 1}), types.MethodType(lambda self: self, 5)())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("careful", DeprecationWarning)
    eval("1 is 1")
print([(w.category.__name__, str(w.message)) for w in caught])
