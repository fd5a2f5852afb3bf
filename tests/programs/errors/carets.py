# Where the carets point, for one failing expression of each kind.
import traceback

cases = """
a.b.c.missing
d["x"]["y"]["z"]
1 + 2 + "x" + 4
f(g(1), h(2))
(a, b, c, [1, 2][5])
x = y = undefined_name
del d["nope"]
a.attribute.deeper = 1
d[0][1] = 2
assert 1 == 2, "message"
raise ValueError("raised")
for i in 5: pass
[i / 0 for i in range(3)]
not (1 < "a")
-"a"
"é" + 1 + "ü"
import no_such_module
from os import no_such_name
with 5: pass
x = lambda: None + 1; x()
f(*5)
a @ b
""".strip().splitlines()


class A:
    class b:
        c = 1
    attribute = None


def f(*args): return args


def g(n): return n


def h(n): raise KeyError(n)


for case in cases:
    try:
        exec(compile("\n" + case, "<case>", "exec"), {"a": A(), "b": 2, "c": 3, "d": {"x": {}}, "f": f, "g": g, "h": h})
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[1]
        print(case)
        if frame.lineno == 2:
            start, end = frame.colno, frame.end_colno
            print(" " * len(case.encode()[:start].decode()) + "^" * len(case.encode()[start:end].decode()), type(error).__name__)
