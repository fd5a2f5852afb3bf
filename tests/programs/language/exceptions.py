# Exceptions: handlers, else and finally, chaining, contexts, notes, tracebacks as objects, attributes of builtin ones.
# suite: gc=none
def trace(label, action):
    try:
        result = action()
    except ZeroDivisionError as error:
        print(label, "zero", error)
    except (KeyError, IndexError) as error:
        print(label, "lookup", repr(error))
    except Exception as error:
        print(label, "other", type(error).__name__, error)
    else:
        print(label, "fine", result)
    finally:
        print(label, "finally")


trace("a", lambda: 1 / 0)
trace("b", lambda: {}["k"])
trace("c", lambda: [][1])
trace("d", lambda: int("x"))
trace("e", lambda: 3)


def returns():
    try:
        return "try"
    finally:
        print("cleaning")


def overrides():
    for i in range(3):
        try:
            if i == 1:
                raise ValueError(i)
        except ValueError:
            continue
        finally:
            print("pass", i)
    return "done"


print(returns(), overrides())


def nested():
    try:
        try:
            raise KeyError("inner")
        finally:
            print("inner finally")
    except KeyError as error:
        print("caught", error)
        try:
            raise ValueError("while handling")
        except ValueError as second:
            print(repr(second.__context__), second.__cause__, second.__suppress_context__)
    try:
        raise TypeError("explicit") from KeyError("cause")
    except TypeError as error:
        print(repr(error.__cause__), error.__suppress_context__)
    try:
        raise TypeError("hidden") from None
    except TypeError as error:
        print(error.__cause__, error.__context__, error.__suppress_context__)


nested()

try:
    raise ValueError
except ValueError as error:
    print(repr(error), error.args)
try:
    error
except NameError as problem:
    print(problem)

try:
    try:
        raise OSError("again")
    except OSError:
        raise
except OSError as error:
    print("re-raised", error)
try:
    raise
except RuntimeError as error:
    print(error)


class Custom(Exception):
    def __init__(self, code, *rest):
        super().__init__(code, *rest)
        self.code = code

    def __str__(self):
        return f"code {self.code}"


try:
    raise Custom(7, "more")
except Custom as error:
    error.add_note("first")
    error.add_note("second")
    print(error, repr(error), error.args, error.__notes__)

for bad in (1, "text", None, int):
    try:
        raise bad
    except TypeError as error:
        print(error)
try:
    try:
        1 / 0
    except "not a class":
        pass
except TypeError as error:
    print(error, type(error.__context__).__name__)


def lines():
    raise LookupError("deep")


def caller():
    lines()


try:
    caller()
except LookupError as error:
    tb = error.__traceback__
    first = tb.tb_lineno
    names = []
    while tb:
        names.append((tb.tb_frame.f_code.co_name, tb.tb_lineno - first))
        tb = tb.tb_next
    print(names)
    print(error.with_traceback(None) is error, error.__traceback__)

details = [
    (lambda: {}["k"], ("args",)),
    (lambda: [].missing, ("name", "obj")),
    (lambda: undefined, ("name",)),
    (lambda: __import__("no_such_module"), ("name", "path", "msg")),
    (lambda: open("/no/such/file"), ("errno", "strerror", "filename")),
    (lambda: next(iter([])), ("value",)),
    (lambda: b"\xff".decode(), ("encoding", "object", "start", "end", "reason")),
    (lambda: "\xff".encode("ascii"), ("encoding", "object", "start", "end", "reason")),
    (lambda: exit_with(3), ("code",)),
    (lambda: compile("a b", "file", "exec"), ("msg", "filename", "lineno", "offset", "text")),
]


def exit_with(code):
    raise SystemExit(code)


for action, attributes in details:
    try:
        action()
    except BaseException as error:
        print(type(error).__name__, *(repr(getattr(error, name)) for name in attributes), sep=" | ")

for name in ("FileNotFoundError", "PermissionError", "TimeoutError"):
    print([base.__name__ for base in globals()["__builtins__"].__dict__[name].__mro__]
          if hasattr(__builtins__, "__dict__") else None)
print(type(OSError(2, "no")).__name__, type(OSError(13, "no")).__name__, str(OSError(2, "no", "f")))
print(IOError is OSError, issubclass(KeyError, LookupError), issubclass(KeyboardInterrupt, Exception))
print(str(KeyError("a")), str(KeyError()), str(Exception(1, 2)), str(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")))


def assertion(message=None):
    try:
        if message:
            assert 1 == 2, message
        assert 1 == 2
    except AssertionError as error:
        print(repr(error))


assertion()
assertion("with message")

exc = ValueError("loop")
try:
    try:
        raise exc
    except ValueError:
        raise exc
except ValueError as error:
    print(error.__context__)


def context_chain():
    try:
        try:
            raise ValueError(1)
        except ValueError:
            try:
                raise KeyError(2)
            except KeyError:
                raise TypeError(3)
    except TypeError as error:
        chain = []
        while error:
            chain.append(repr(error))
            error = error.__context__
        return chain


print(context_chain())


def generator_context():
    try:
        yield
    except ValueError:
        raise KeyError("from generator")


g = generator_context()
next(g)
try:
    g.throw(ValueError("thrown"))
except KeyError as error:
    print(repr(error), repr(error.__context__))


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


print(depth(500))
try:
    depth(10**6)
except RecursionError as error:
    print(type(error).__name__, str(error)[:40])
