# dataclasses: defaults, ordering, frozen, slots, inheritance, post-init, replace, fields.
# suite: stress=997
from dataclasses import FrozenInstanceError, InitVar, asdict, astuple, dataclass, field, fields, is_dataclass, make_dataclass, replace


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list = field(default_factory=list, compare=False, repr=False)


p = Point(1)
print(p, Point(1, 0) == p, p != Point(2), p.tags is Point(1).tags, asdict(p), astuple(p), replace(p, y=9), is_dataclass(Point))


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    label: str = field(default="", compare=False)

    def bump(self): return replace(self, minor=self.minor + 1)


v = Version(1, 2, "a")
print(sorted([Version(2), v, Version(1, 0)]), v.bump(), v < Version(1, 3), v == Version(1, 2, "b"), hash(v) == hash(Version(1, 2, "c")), {v: 1}[Version(1, 2)])
try:
    v.major = 5
except FrozenInstanceError as error:
    print(error)


@dataclass(slots=True, kw_only=True)
class Slotted:
    a: int
    b: str = "b"


s = Slotted(a=1)
print(s, Slotted.__slots__, hasattr(s, "__dict__"), Slotted.__match_args__)
try:
    Slotted(1)
except TypeError as error:
    print(error)


@dataclass
class Base:
    a: int
    scale: InitVar[int] = 2
    product: int = field(init=False, default=0)

    def __post_init__(self, scale): self.product = self.a * scale


@dataclass
class Child(Base):
    name: str = "child"


print(Base(3), Child(4, 5, "n"), [f.name for f in fields(Child)], Child.__match_args__)
match Child(1, name="m"):
    case Child(a, name=n):
        print(a, n)
for build in (lambda: dataclass(type("Bad", (), {"__annotations__": {"x": list}, "x": []})), lambda: make_dataclass("M", ["a", ("b", int, 5)])(1), lambda: Point()):
    try:
        print(build())
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
nested = make_dataclass("Nested", [("inner", Point), ("many", list)])(Point(1, 2), [Point(3, 4), {"k": Point(5, 6)}])
print(asdict(nested))
