# Closures: cells shared between functions, late binding, nonlocal, cells that are still empty.
# suite: gc=none
def counter(start):
    value = start

    def increment(by=1):
        nonlocal value
        value += by
        return value

    def read():
        return value

    return increment, read


increment, read = counter(10)
print(increment(), increment(5), read())
other_increment, other_read = counter(0)
print(other_increment(), read(), other_read())

late = [lambda: i for i in range(3)]
early = [lambda i=i: i for i in range(3)]
print([f() for f in late], [f() for f in early])


def shared():
    x = "first"

    def get():
        return x

    before = get()
    x = "second"
    return before, get()


print(shared())


def deep():
    a = 1

    def one():
        b = a + 1

        def two():
            c = b + 1

            def three():
                return a, b, c

            return three

        return two

    return one()()()


print(deep())


def empty(assign):
    def get():
        return x

    if assign:
        x = 1
    return get


print(empty(True)())
try:
    empty(False)()
except NameError as error:
    print(type(error).__name__, error)

print(increment.__code__.co_freevars, counter.__code__.co_cellvars)
print(len(increment.__closure__), increment.__closure__[0].cell_contents)
print(counter.__closure__)

cell = read.__closure__[0]
cell.cell_contents = "replaced"
print(read())
del cell.cell_contents
try:
    read()
except NameError as error:
    print(error)
try:
    cell.cell_contents
except ValueError as error:
    print(error)


def unbound():
    try:
        print(local)
    except UnboundLocalError as error:
        print(error)
    local = 1
    del local
    try:
        local
    except UnboundLocalError as error:
        print(error)


unbound()


def parameters_are_cells(a, /, b, *args, c, **kwargs):
    def show():
        return a, b, args, c, sorted(kwargs.items())

    a += 1
    b *= 2
    return show


print(parameters_are_cells(1, 2, 3, 4, c=5, d=6)())


class Holder:
    name = "class scope"

    def method(self):
        try:
            return name
        except NameError as error:
            return str(error)

    names = [n for n in (name,)]


print(Holder().method(), Holder.names)


def compose(*functions):
    def composed(x):
        for f in reversed(functions):
            x = f(x)
        return x

    return composed


print(compose(str, lambda x: x + 1, abs)(-41) + "!")


def recursion():
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return fib


print(recursion()(15))


def loop_cells():
    functions = []
    for i in range(3):
        def f():
            return i * 10
        functions.append(f)
    i = 7
    return [f() for f in functions]


print(loop_cells())


def locals_show_cells():
    a = 1
    b = 2

    def inner():
        return b

    return sorted(name for name in locals())


print(locals_show_cells())
