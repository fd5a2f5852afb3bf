# Pattern matching: every kind of pattern, guards, captures, fall-through, __match_args__, and order of evaluation.
# suite: gc=none
class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


class Colour:
    RED = "red"
    GREEN = "green"


def describe(subject):
    match subject:
        case None | True | False:
            return f"singleton {subject}"
        case 0:
            return "zero"
        case -1 | 1.5 | 2 + 3j | "text" | b"bytes":
            return f"literal {subject!r}"
        case Colour.RED:
            return "red by value"
        case int(n) if n > 1000:
            return f"big {n}"
        case int() | float() as number:
            return f"number {number}"
        case str() as s if len(s) > 5:
            return f"long string {s}"
        case []:
            return "empty sequence"
        case [x]:
            return f"one {x}"
        case [Point(x=0), *_]:
            return "starts on the axis"
        case [first, *middle, last]:
            return f"{first} {middle} {last}"
        case {"kind": "circle", "radius": r, **rest}:
            return f"circle {r} {rest}"
        case {"kind": kind}:
            return f"mapping {kind}"
        case {}:
            return "some mapping"
        case Point(0, 0):
            return "origin"
        case Point(x, y=0) | Point(0, y=x):
            return f"axis {x}"
        case Point(x, y) if x == y:
            return f"diagonal {x}"
        case Point():
            return "point"
        case (a, b):
            return "never"
        case _:
            return f"else {type(subject).__name__}"


for subject in (None, True, 0, 0.0, -1, 1.5, 2 + 3j, "text", b"bytes", "red", 5000, 7, 2.5, "longer string", "short", [], (1,), [1, 2],
                (1, 2, 3, 4), [Point(0, 5), 1], {"kind": "circle", "radius": 2, "z": 1}, {"kind": "square"}, {"other": 1},
                Point(0, 0), Point(3, 0), Point(0, 4), Point(2, 2), Point(1, 2), {1}, range(3), bytearray(b"no"), "ab"):
    print(describe(subject))


def nested(tree):
    match tree:
        case ("+", left, right):
            return nested(left) + nested(right)
        case ("*", left, right):
            return nested(left) * nested(right)
        case ("neg", operand):
            return -nested(operand)
        case int(value):
            return value
        case other:
            raise ValueError(f"bad tree {other!r}")


print(nested(("+", 1, ("*", 2, ("neg", 3)))))
try:
    nested(("?",))
except ValueError as error:
    print(error)

match [1, [2, [3, 4]]]:
    case [a, [b, [*c]]]:
        print(a, b, c)
match {"a": {"b": [1, {"c": 2}]}}:
    case {"a": {"b": [_, {"c": deep}]}}:
        print(deep)


class Loud:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        print("compared with", other)
        return self.value == other

    def __getattr__(self, name):
        print("asked for", name)
        raise AttributeError(name)


match Loud(2):
    case 1 | 2 | 3:
        print("matched")
match Loud(0):
    case Loud(colour="red"):
        print("no")
    case Loud(value=0) as loud:
        print("yes", loud.value)


def bindings_stay():
    match (1, 2):
        case (a, 3):
            pass
        case (b, c):
            pass
    return sorted(locals().items())


print(bindings_stay())


class Count:
    def __init__(self):
        self.n = 0

    def __call__(self, value):
        self.n += 1
        return value


count = Count()
match count([1, 2]):
    case [3, _]:
        pass
    case [_, 3]:
        pass
    case [_, _] if count(False):
        pass
    case _:
        print("subject evaluated once, guard once:", count.n)

for action in ("match 1:\n case Point(1, 2, 3): pass", "match Point(1,2):\n case Point(1, 2, 3): pass",
               "match Point(1,2):\n case Point(1, x=1): pass", "match 3:\n case describe(): pass"):
    try:
        exec(action)
        print("nothing matched")
    except TypeError as error:
        print(error)
for source in ("match 1:\n case x: pass\n case y: pass", "match 1:\n case (a, a): pass", "match 1:\n case a | 1: pass",
               "match 1:\n case (a | [a, b]): pass", "match 1:\n case {**r, 'a': 1}: pass", "match 1:\n case {'a': 1, 'a': 2}: pass",
               "match 1:\n case [*a, *b]: pass", "match 1:\n case P(a=1, a=2): pass"):
    try:
        compile(source, "s", "exec")
    except SyntaxError as error:
        print(error.msg)


class Sequence(list):
    pass


class Mapping(dict):
    def __missing__(self, key):
        return "made up"


match Sequence([1, 2]):
    case [1, x]:
        print("subclass of list", x)
match Mapping():
    case {"k": v}:
        print("must not be made up")
    case _:
        print("missing keys do not match")
match, case, type_ = 1, 2, 3
print(match + case, type_)
match (match):
    case case:
        print(case)
match 1, 2:
    case int(x), int(y):
        print(x, y)
