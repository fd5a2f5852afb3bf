# Exception groups: except*, split, subgroup, derive, nesting, what is raised again.
def leaves(error):
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in leaves(part)]
    return [repr(error)]


def shape(error):
    if isinstance(error, BaseExceptionGroup):
        return {error.message: [shape(part) for part in error.exceptions]}
    return repr(error)


group = ExceptionGroup("top", [ValueError(1), ExceptionGroup("nested", [TypeError(2), ValueError(3)]), OSError("4")])
print(str(group), repr(group)[:40], len(group.exceptions), type(group.exceptions).__name__)

try:
    raise group
except* ValueError as error:
    print("value", shape(error))
except* TypeError as error:
    print("type", shape(error))
except* OSError as error:
    print("os", shape(error))

try:
    try:
        raise group
    except* ValueError:
        print("only value errors")
except ExceptionGroup as rest:
    print("rest", shape(rest))

match, rest = group.split(ValueError)
print(shape(match), shape(rest))
print(group.split(KeyError)[0], group.subgroup(lambda e: isinstance(e, (TypeError, OSError))) is not None)
print(shape(group.subgroup((TypeError, OSError))), group.subgroup(KeyError), group.subgroup(Exception) is group)

try:
    try:
        raise ValueError("naked")
    except* ValueError as error:
        print(type(error).__name__, shape(error))
finally:
    print("finally")

try:
    try:
        raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise KeyError("new")
except ExceptionGroup as error:
    print(shape(error))

try:
    try:
        raise ExceptionGroup("g", [ValueError(1), TypeError(2), OSError(3)])
    except* (ValueError, OSError):
        raise
except ExceptionGroup as error:
    print(shape(error))

try:
    pass
except* ValueError:
    print("not here")
else:
    print("else")


class Tagged(ExceptionGroup):
    def __new__(cls, message, errors, tag):
        self = super().__new__(cls, message, errors)
        self.tag = tag
        return self

    def derive(self, errors):
        return Tagged(self.message, errors, self.tag)


tagged = Tagged("tagged", [ValueError(1), TypeError(2)], "red")
match, rest = tagged.split(ValueError)
print(type(match).__name__, match.tag, type(rest).__name__, rest.tag)

tagged.add_note("noted")
print(tagged.subgroup(ValueError).__notes__)

print(type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)
for arguments in (("m", []), ("m", [1]), ("m", ValueError()), (1, [ValueError()]), ("m", [KeyboardInterrupt()])):
    try:
        ExceptionGroup(*arguments)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)

try:
    try:
        raise ExceptionGroup("g", [ValueError(1)])
    except* ExceptionGroup:
        pass
except TypeError as error:
    print(error)


def in_a_loop():
    seen = []
    for i in range(4):
        try:
            raise ExceptionGroup("g", [ValueError(i)] + ([TypeError(i)] if i % 2 else []))
        except* ValueError as error:
            seen += leaves(error)
        except* TypeError as error:
            seen += leaves(error)
    return seen


print(in_a_loop())
for source in ("try: pass\nexcept* ValueError: pass\nexcept TypeError: pass",
               "for x in []:\n try: pass\n except* ValueError: break",
               "def f():\n try: pass\n except* ValueError: return"):
    try:
        compile(source, "s", "exec")
    except SyntaxError as error:
        print(error.msg)
