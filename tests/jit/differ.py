"""Compares compiled code with the interpreter, on random programs.

    python3 differ.py TANDEM [--seconds N] [--seed N] [--keep DIR]

Each program is run by the interpreter and, at several thresholds and under each manager, by the compiler; what they print,
results, exceptions and the lines of tracebacks, has to be the same. A program that differs is kept, and its name printed.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time

PRELUDE = '''
import sys, traceback

class P:
    def __init__(self, a, b):
        self.a = a
        self.b = b
    def get(self): return self.a
    def add(self, n):
        self.a = self.a + n
        return self.a
    def mix(self, o): return self.a * 2 + o.b
    @property
    def both(self): return (self.a, self.b)

class Q(P):
    def get(self): return self.b
    def __len__(self): return 3
    def __getitem__(self, i): return self.a if i else self.b

class S:
    __slots__ = ("a", "b")
    def __init__(self, a, b):
        self.a = a
        self.b = b
    def get(self): return self.a
    def add(self, n):
        self.b = n
        return n
    def mix(self, o): return self.b

class V:
    """Arithmetic of its own."""
    def __init__(self, v): self.v = v
    def __add__(self, o): return V(self.v + 1)
    def __radd__(self, o): return 7
    def __mul__(self, o): return 3.5
    def __lt__(self, o): return True
    def __bool__(self): return self.v % 2 == 0
    def __repr__(self): return f"V({self.v})"

def gen(n, step):
    t = 0
    try:
        for i in range(n):
            t += step
            yield t
    finally:
        # When it runs where the generator is abandoned is the manager's affair.
        t += 1
    return t

def delegate(n):
    r = yield from gen(n, 2)
    yield r

def show(v, depth=0):
    if isinstance(v, (P, S)): return f"{type(v).__name__}({show(v.a)},{show(v.b)})"
    if isinstance(v, float): return f"f{v!r}"
    if isinstance(v, (list, tuple)) and depth < 3: return type(v).__name__ + "[" + ",".join(show(x, depth + 1) for x in v) + "]"
    return repr(v)

G = []
K = 3
'''

RUNNER = '''
def run(f, *args):
    try:
        out = show(f(*args))
    except RecursionError:
        out = "RecursionError"
    except Exception as e:
        lines = [fr.lineno for fr in traceback.extract_tb(e.__traceback__)][1:]
        out = f"{type(e).__name__}: {e} @{lines}"
    print(f.__name__, out)

VALUES = [1, 2.5, -3, 10**12, True, "ab", [1, 2, 3], (4, 5.5), P(1, 2), Q(2, 3.5), S(7, 8), V(2), None, 2**29, 0.0, 0]
'''


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines = []
        self.functions = []

    def pick(self, *choices):
        return self.r.choice(choices)

    def name(self):
        return self.pick("x", "y", "z", "w")

    def number(self):
        return self.pick("0", "1", "2", "-1", "7", "1.5", "-0.5", "100", "1000000", "2.0", "3", "1073741823", "10**10")

    def atom(self):
        k = self.r.random()
        if k < 0.55:
            return self.name()
        if k < 0.8:
            return self.number()
        if k < 0.86:
            return self.pick("i", "j")
        if k < 0.9:
            return "K"
        if k < 0.95:
            return self.pick("o.a", "o.b", "p.a")
        return self.pick("L[0]", "L[i % 3]", "T[1]", "D['k']", "'s'", "None", "True", "L[-1]")

    def expr(self, depth=0):
        k = self.r.random()
        if depth > 2 or k < 0.25:
            return self.atom()
        a, b = self.expr(depth + 1), self.expr(depth + 1)
        if k < 0.65:
            return f"({a} {self.pick('+', '-', '*', '+', '-', '*', '//', '%', '/', '&', '|', '^')} {b})"
        if k < 0.70:
            return f"({a} {self.pick('<<', '>>')} {self.pick('1', '3', 'i', '20')})"
        if k < 0.78:
            return f"({a} {self.pick('<', '<=', '==', '!=', '>', '>=')} {b})"
        if k < 0.81:
            return f"({a} if {self.condition(depth + 1)} else {b})"
        if k < 0.84:
            return f"(-{a})"
        if k < 0.92 and self.functions:
            f = self.pick(*self.functions)
            return f"{f}({a}, {b})"
        return self.pick(
            f"o.add({a})", "o.get()", "o.mix(p)", f"len(L)", f"abs({a})", f"max({a}, {b})", f"isinstance({a}, int)",
            f"P({a}, {b}).a", "p.both[0]", f"L[{a}]", f"(lambda q: q + {b})({a})", f"sum([v for v in L])", f"[{a}, {b}][0]",
            f"str({a})", f"min([{a}, {b}])", f"f'{{{a}}}'", f"int({a})", f"float({a})")

    def condition(self, depth=0):
        k = self.r.random()
        a, b = self.expr(depth + 1), self.expr(depth + 1)
        if k < 0.6:
            return f"{a} {self.pick('<', '<=', '==', '!=', '>', '>=')} {b}"
        if k < 0.7:
            return f"{a} is {self.pick('None', 'not None', self.name(), 'o.a')}"
        if k < 0.8:
            return f"not {a}"
        if k < 0.9:
            return f"({a} {self.pick('and', 'or')} {b})"
        return self.pick(f"{a}", f"{a} in L", f"'k' in D", f"i % {self.pick('2', '3', '5')} == 0")

    def emit(self, indent, text):
        self.lines.append("    " * indent + text)

    def block(self, indent, depth):
        for _ in range(self.r.randint(1, 3)):
            self.statement(indent, depth)

    def statement(self, indent, depth):
        k = self.r.random()
        if depth > 2 or k < 0.45:
            self.simple(indent)
        elif k < 0.62:
            self.emit(indent, f"if {self.condition()}:")
            self.block(indent + 1, depth + 1)
            if self.r.random() < 0.4:
                self.emit(indent, "else:")
                self.block(indent + 1, depth + 1)
        elif k < 0.78:
            var = self.pick("i", "j")
            it = self.pick(f"range({self.pick('3', '7', '40')})", "L", "T", "range(5, 0, -1)", "gen(4, 3)", "delegate(3)",
                           "D", "enumerate(L)", "zip(L, T)", "'abc'", "[1.5, 2, 3]", "D.items()")
            self.emit(indent, f"for {var} in {it}:")
            self.block(indent + 1, depth + 1)
            if self.r.random() < 0.3:
                self.emit(indent + 1, f"if {self.condition()}: {self.pick('break', 'continue')}")
        elif k < 0.84:
            self.emit(indent, "n = 0")
            self.emit(indent, f"while n < {self.pick('5', '20')}:")
            self.emit(indent + 1, "n += 1")
            self.block(indent + 1, depth + 1)
        elif k < 0.95:
            self.emit(indent, "try:")
            self.block(indent + 1, depth + 1)
            what = self.pick("ZeroDivisionError", "TypeError", "Exception", "(IndexError, AttributeError)")
            self.emit(indent, f"except {what} as e:")
            self.emit(indent + 1, f"{self.name()} = {self.pick('1', 'str(e)', '2.5')}")
            if self.r.random() < 0.4:
                self.emit(indent, "finally:")
                self.emit(indent + 1, "G.append(1)")
        else:
            self.emit(indent, self.pick(f"return {self.expr()}", f"raise ValueError({self.expr()})", "pass"))

    def simple(self, indent):
        k = self.r.random()
        e = self.expr()
        if k < 0.5:
            self.emit(indent, f"{self.name()} = {e}")
        elif k < 0.65:
            self.emit(indent, f"{self.name()} {self.pick('+', '-', '*', '+')}= {e}")
        else:
            self.emit(indent, self.pick(
                f"o.a = {e}", f"p.b = {e}", f"L[{self.pick('0', '1', 'i', '-1')}] = {e}", f"D['k'] = {e}", f"L.append({e})",
                f"x, y = {e}, {self.expr()}", f"x, y = y, x", f"o, p = p, o", f"(lambda: {e})()", f"x = [v * 2 for v in L]",
                f"del L[3:]", f"c = lambda: x", "w = list(gen(3, 2))", f"T = ({e}, {self.atom()})", f"print(show({e}))"))

    def function(self, number):
        name = f"f{number}"
        self.emit(0, f"def {name}(x, y):")
        self.emit(1, "z = 1; w = 2.0; i = j = 0; o = P(x, y); p = P(3, 4); L = [1, 2, 3]; T = (1, 2.5); D = {'k': 1}")
        if self.r.random() < 0.3:
            self.emit(1, f"o = {self.pick('Q(1, 2)', 'S(x, 1)', 'x')}")
        for _ in range(self.r.randint(2, 5)):
            self.statement(1, 0)
        self.emit(1, f"return (x, y, z, w, {self.expr()})")
        # A function that calls others is not called by them.
        if number < 2:
            self.functions.append(name)

    def text(self):
        for number in range(4):
            self.function(number)
        calls = []
        for number in range(4):
            for _ in range(6):
                a = self.pick("1", "2", "0.5", "3", "1", "2.5")
                b = self.pick("1", "2", "0.5", "4")
                calls.append(f"for _ in range({self.pick('1', '3', '12')}): run(f{number}, {a}, {b})")
            calls.append(f"run(f{number}, VALUES[{self.r.randrange(16)}], VALUES[{self.r.randrange(16)}])")
        self.r.shuffle(calls)
        if self.r.random() < 0.3:
            calls.insert(len(calls) // 2, self.pick("K = 2.5", "K = 'k'", "P.get = lambda self: 99", "P.extra = 1", "del P.mix",
                                                   "len = lambda v: 5"))
        return PRELUDE + RUNNER + "\n".join(self.lines) + "\n" + "\n".join(calls) + "\nprint(len(G), show(G[-5:]))\n"


def execute(command, path, limit):
    try:
        done = subprocess.run([*command, path], capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    address = re.compile("0x[0-9a-f]+")
    return done.returncode, address.sub("0x", done.stdout), address.sub("0x", done.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tandem")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", default=tempfile.gettempdir())
    options = parser.parse_args()
    base = [options.tandem, "-S", "-E"]
    end = time.time() + options.seconds
    seed = options.seed
    programs = differences = 0
    while time.time() < end:
        path = os.path.join(options.keep, f"differ-{seed}.py")
        with open(path, "w") as file:
            file.write(Program(seed).text())
        differs = []
        for gc in ("refcount", "conservative"):
            expected = execute([*base, f"--gc={gc}", "--jit=off"], path, 20)
            if expected is None:
                continue
            programs += 1
            for threshold in ("1", "4", "20"):
                command = [*base, f"--gc={gc}", "--jit=baseline", f"--jit-threshold={threshold}"]
                if execute(command, path, 60) != expected:
                    differs.append(f"{gc}/{threshold}")
        if differs:
            differences += 1
            print(f"{path}: {' '.join(differs)}", flush=True)
        else:
            os.unlink(path)
        seed += 1
    print(f"{programs} runs compared, {differences} programs differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
