# The with statement: order, suppression, several managers, failures while entering and leaving, targets.
# suite: gc=none
class Manager:
    def __init__(self, name, swallow=False, fail_enter=False, fail_exit=False):
        self.name, self.swallow, self.fail_enter, self.fail_exit = name, swallow, fail_enter, fail_exit

    def __enter__(self):
        print("enter", self.name)
        if self.fail_enter:
            raise RuntimeError("entering " + self.name)
        return self.name.upper(), [1, 2]

    def __exit__(self, kind, error, traceback):
        print("exit", self.name, kind.__name__ if kind else None, error, traceback is not None)
        if self.fail_exit:
            raise RuntimeError("leaving " + self.name)
        return self.swallow


def attempt(action):
    try:
        print("result", action())
    except Exception as error:
        print("raised", repr(error), "context", repr(error.__context__))


def normal():
    with Manager("a") as (name, [x, y]), Manager("b"):
        print(name, x, y)
    return "normal"


def swallowed():
    with Manager("outer"), Manager("inner", swallow=True):
        raise ValueError("swallowed")
    return "went on"


def returns():
    with Manager("r"):
        return "from inside"


def loops():
    for i in range(3):
        with Manager(f"loop{i}"):
            if i == 0:
                continue
            break
    return i


def enter_fails():
    with Manager("first"), Manager("second", fail_enter=True):
        print("unreachable")


def exit_fails():
    with Manager("m", fail_exit=True):
        raise ValueError("body")


def both_exits_fail():
    with (
        Manager("one", fail_exit=True),
        Manager("two", fail_exit=True) as two,
    ):
        pass


def nested_swallow():
    with Manager("s", swallow=True):
        with Manager("f", fail_exit=True):
            raise KeyError("lost")
    return "survived"


for action in (normal, swallowed, returns, loops, enter_fails, exit_fails, both_exits_fail, nested_swallow):
    attempt(action)


class NoExit:
    def __enter__(self): return 1


class NoEnter:
    def __exit__(self, *args): return 1


for thing in (NoExit(), NoEnter(), 3):
    try:
        with thing:
            print("unreachable")
    except TypeError as error:
        print(error)


class Instance:
    pass


i = Instance()
i.__enter__ = i.__exit__ = lambda *args: None
try:
    with i:
        pass
except TypeError as error:
    print("looked up on the type:", error)

holder = {}
items = [0]
with Manager("t") as holder["key"]:
    print(holder)
with Manager("u") as (items[0], *rest):
    print(items, rest)


def generator():
    with Manager("generator"):
        yield 1
        yield 2


g = generator()
print(next(g))
g.close()

from contextlib import contextmanager, suppress, ExitStack


@contextmanager
def simple(label):
    print("setup", label)
    try:
        yield label
    except ZeroDivisionError as error:
        print("handled", error)
    finally:
        print("teardown", label)


with simple("cm") as label:
    print(label)
    1 / 0
with suppress(KeyError), simple("stacked"):
    {}["missing"]
with ExitStack() as stack:
    names = [stack.enter_context(simple(f"s{n}")) for n in range(3)]
    stack.callback(print, "callback")
    print(names)


@simple("as decorator")
def decorated():
    return "decorated"


print(decorated())
