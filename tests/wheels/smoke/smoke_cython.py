"""Cython's own compiled modules, at work: from Cython to C."""

import io
import os
import re

import Cython.Compiler.Code
import Cython.Compiler.Scanning
from Cython.Compiler.Main import CompilationOptions, compile
from Cython.Plex import Lexicon, Range, Rep1, Scanner, Str

assert Cython.Compiler.Scanning.__file__.endswith(".so") and Cython.Compiler.Code.__file__.endswith(".so")
lexicon = Lexicon([(Rep1(Range("az")), "word"), (Rep1(Range("09")), "number"), (Str(" "), "space")])
scanner = Scanner(lexicon, io.StringIO("abc 123 xyz 5 "), "text")
print([scanner.read() for _ in range(6)])
source = '''
cdef class Point:
    cdef public double x, y
    def __init__(self, x, y=0):
        self.x, self.y = x, y
    def __add__(self, Point other):
        return Point(self.x + other.x, self.y + other.y)

def fib(int n):
    cdef long a = 0, b = 1
    for i in range(n):
        a, b = b, a + b
    return a

def gen(items):
    try:
        for x in items:
            yield [x * y for y in (1, 2)]
    finally:
        print("closed")

async def wait(x):
    return await x
'''
with open("sample.pyx", "w") as f:
    f.write(source)
result = compile("sample.pyx", CompilationOptions(language_level=3))
with open(result.c_file) as f:
    text = f.read()
print(result.num_errors, os.path.basename(result.c_file), len(text) > 100_000)
print(sorted(set(re.findall(r"__pyx_pf_6sample_\w+", text)))[:9])
for bad in ("def f(:\n", "cdef int x = 'a'\n", "cdef class A:\n  cdef nothing y\n"):
    with open("bad.pyx", "w") as f:
        f.write(bad)
    print(compile("bad.pyx", CompilationOptions(language_level=3)).num_errors)
