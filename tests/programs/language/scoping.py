# Names: global, nonlocal, del, builtins, exec and eval with their own namespaces, locals() and frames.
x = "global"


def reads():
    return x


def assigns():
    x = "local"
    return x


def declares():
    global x, made
    x = "changed"
    made = "made here"


print(reads(), assigns(), x)
declares()
print(x, made)
del made
try:
    made
except NameError as error:
    print(error)
try:
    del made
except NameError as error:
    print(error)


def outer():
    x = "outer"

    def middle():
        def inner():
            nonlocal x
            x = "set by inner"

        inner()

    middle()
    return x


print(outer(), x)


def skips():
    x = 1

    def middle():
        global x

        def inner():
            return x

        return inner()

    return middle()


print(skips())


class Body:
    x = "class"
    y = x

    def method(self):
        return x

    x = x + "!"


print(Body.x, Body.y, Body().method())
namespace = {"a": 1}
exec("b = a + 1\ndef f(): return a + b", namespace)
print(namespace["b"], namespace["f"](), "__builtins__" in namespace)
print(eval("a * b", {"a": 6}, {"b": 7}), eval(" 1 + 1 "))
local = {}
exec("z = x\nclass C: w = x", {"x": 5, "__name__": "n"}, local)
print(local["z"], local["C"].w, sorted(local))


def snapshot():
    a = 1
    first = locals()
    a = 2
    second = locals()
    first["b"] = 3
    return first["a"], second["a"], first is second, sorted(first)


print(snapshot())


def in_function():
    value = 1
    exec("value = 2; fresh = 3")
    return value, "fresh" in locals()


print(in_function())
print(eval("[v for v in range(3) if v]"), eval(compile("1 +\\\n 2", "s", "eval")))
import builtins

print(len is builtins.len)
builtins.added = lambda: "from builtins"
print(added())
len = lambda value: "shadowed"
print(len([1]))
del len
print(len([1]))
for source in ("def f():\n x = 1\n global x", "def f():\n print(x)\n nonlocal x", "nonlocal x", "def f(x):\n global x",
               "def f(a, a): pass", "def f():\n nonlocal unknown", "x = 1\nclass C:\n nonlocal x", "del f()", "f() = 1",
               "None = 1", "def f(a=1, b): pass", "def f(*): pass", "lambda x, x: 1", "yield 1", "return", "break", "import *, a"):
    try:
        compile(source, "s", "exec")
        print("compiled", source)
    except SyntaxError as error:
        print(error.msg)


def deleted_parameter(a):
    del a
    try:
        return a
    except UnboundLocalError as error:
        return str(error)


print(deleted_parameter(1))


def swap(a, b):
    a, b = b, a
    (c, d), e = (a, b), [a]
    c, e[0] = e, c
    return a, b, d, e[0], len(c)


print(swap(1, 2))


def conditional(flag):
    if flag:
        import math as m
    try:
        return m.floor(2.5)
    except UnboundLocalError as error:
        return str(error)


print(conditional(True), conditional(False))
globals()["dynamic"] = "through globals()"
print(dynamic, vars()["dynamic"], "dynamic" in dir())
print(__name__, __doc__, __annotations__ if "__annotations__" in globals() else "none")
if (n := 10) > 5:
    print(n)
print((lambda: (m := 3) + m)(), [k := 1, k + 1])
