# enum: members, aliases, auto, flags, mixed-in types, methods, lookup, iteration, errors.
# suite: stress=997
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum, auto, member, nonmember, unique


class Colour(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1

    @property
    def shout(self): return self.name + "!"

    @classmethod
    def default(cls): return cls.GREEN


print(Colour.RED, repr(Colour.RED), Colour(2), Colour["RED"], Colour.CRIMSON is Colour.RED, list(Colour), len(Colour), Colour.RED.shout, Colour.default(), Colour.RED in Colour, 1 in Colour)
print(Colour.__members__.keys(), Colour.RED == 1, Colour.RED.value, hash(Colour.RED) == hash(Colour["RED"]), {Colour.RED: "r"}[Colour.CRIMSON], isinstance(Colour.RED, Colour), type(Colour).__name__)


class Auto(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last): return name.lower() * (count + 1)

    A = auto()
    B = auto()


class Perm(Flag):
    R = auto()
    W = auto()
    X = auto()
    RW = R | W


class Level(IntEnum):
    LOW = 1
    HIGH = 10


class Name(StrEnum):
    FIRST = auto()
    Other = "given"


class Planet(Enum):
    EARTH = (5.97e24, 6.37e6)
    MARS = (6.42e23, 3.39e6)

    def __init__(self, mass, radius): self.mass, self.radius = mass, radius

    @property
    def gravity(self): return round(6.67e-11 * self.mass / self.radius**2, 2)


print(Auto.A.value, Auto.B.value, Perm.RW, Perm.R | Perm.X, ~Perm.R, Perm.R in Perm.RW, list(Perm.RW), Perm(0), bool(Perm(0)), Perm.RW ^ Perm.R, Perm(7))
print(Level.LOW + 1, Level.HIGH > 5, sorted([Level.HIGH, Level.LOW]), f"{Level.LOW}", str(Level.LOW), Name.FIRST, Name.Other.upper(), f"{Name.FIRST:>8}", Name("given"), Planet.EARTH.gravity, Planet.MARS)
print(IntFlag("F", "A B C")(5), Enum("Fn", {"X": 1, "Y": 2}).Y, [m.name for m in Enum("Names", "p q r")])
for action in (lambda: Colour(9), lambda: Colour["NO"], lambda: setattr(Colour, "RED", 3), lambda: Colour.RED < Colour.GREEN, lambda: type("Sub", (Colour,), {}), lambda: Colour.NOPE, lambda: Perm(99)):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
try:
    @unique
    class Dup(Enum):
        A = 1
        B = 1
except ValueError as error:
    print(error)


class Odd(Enum):
    f = member(lambda self: 1)
    g = nonmember(5)

    def method(self): return self.name

    @classmethod
    def _missing_(cls, value): return cls.f if value == "fallback" else None


print(list(Odd)[0].name, Odd.g, Odd("fallback").method())
import pickle, copy

print(pickle.loads(pickle.dumps(Colour.RED)) is Colour.RED, copy.deepcopy(Colour.RED) is Colour.RED)
