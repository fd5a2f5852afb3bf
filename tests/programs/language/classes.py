# Classes: attributes, inheritance, super, method resolution, special methods, slots, __init_subclass__.
# suite: gc=none
class Base:
    kind = "base"

    def __init__(self, name):
        self.name = name

    def greet(self):
        return f"{self.kind} {self.name}"

    @classmethod
    def make(cls, name):
        return cls(name.upper())

    @staticmethod
    def plus(a, b):
        return a + b


class Child(Base):
    kind = "child"

    def greet(self):
        return super().greet() + "!"


b, c = Base("b"), Child("c")
print(b.greet(), c.greet(), Child.make("x").greet(), Child.plus(1, 2), c.plus(3, 4))
print(isinstance(c, Base), issubclass(Base, Child), type(c) is Child, type(c).__mro__)
c.kind = "instance"
print(c.greet(), Child.kind, sorted(vars(c)))
del c.kind
print(c.greet())
Base.kind = "changed"
del Child.kind
print(c.greet())


class A:
    def who(self):
        return ["A"]


class B(A):
    def who(self):
        return ["B"] + super().who()


class C(A):
    def who(self):
        return ["C"] + super().who()


class D(B, C):
    def who(self):
        return ["D"] + super().who()


print(D().who(), [k.__name__ for k in D.__mro__])
try:
    class Impossible(A, B):
        pass
except TypeError as error:
    print(error)


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return f"Vector({self.x}, {self.y})"

    def __eq__(self, other):
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)

    def __hash__(self):
        return hash((self.x, self.y))

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __bool__(self):
        return bool(self.x or self.y)

    def __iter__(self):
        yield self.x
        yield self.y

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return (self.x, self.y)[i]

    def __contains__(self, value):
        return value in (self.x, self.y)

    def __call__(self, k):
        return self * k


v = Vector(1, 2)
print(v, v + Vector(3, 4), 3 * v, v * 3, -v, bool(Vector(0, 0)), list(v), len(v), v[-1], 2 in v, v(10))
print(v == Vector(1, 2), v != Vector(1, 3), len({v, Vector(1, 2), Vector(2, 1)}))
try:
    v + 1
except TypeError as error:
    print(error)
try:
    v.z = 3
except AttributeError as error:
    print(error)
try:
    v.__dict__
except AttributeError as error:
    print(error)
del v.x
try:
    v.x
except AttributeError as error:
    print(error)


class Plugin:
    known = {}

    def __init_subclass__(cls, /, tag=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.known[tag or cls.__name__.lower()] = cls


class Json(Plugin):
    pass


class Xml(Plugin, tag="markup"):
    pass


print({tag: cls.__name__ for tag, cls in Plugin.known.items()})


class Dynamic:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return f"<{name}>"

    def __setattr__(self, name, value):
        super().__setattr__(name, ("set", value))

    def __delattr__(self, name):
        print("deleting", name)
        super().__delattr__(name)


d = Dynamic()
d.a = 1
print(d.a, d.missing, hasattr(d, "_hidden"), getattr(d, "_hidden", "default"))
del d.a
print(d.a)


class Intercept:
    def __getattribute__(self, name):
        if name == "secret":
            return "intercepted"
        return object.__getattribute__(self, name)


i = Intercept()
i.secret = "plain"
print(i.secret, i.__dict__)


class Singleton:
    instance = None

    def __new__(cls, *args):
        if cls.instance is None:
            cls.instance = super().__new__(cls)
        return cls.instance

    def __init__(self, *args):
        self.args = args


print(Singleton(1) is Singleton(2), Singleton.instance.args)


class Mangled:
    def __init__(self):
        self.__private = 1
        self.__dunder__ = 2

    def get(self):
        return self.__private


print(Mangled().get(), sorted(vars(Mangled())))

Made = type("Made", (Base,), {"extra": lambda self: self.name * 2})
print(Made("ab").extra(), Made.__name__, Made.__qualname__, Made.__module__)


def outer():
    class Inner:
        def method(self):
            pass
    return Inner


print(outer().__qualname__, outer().method.__qualname__)

c.__class__ = Made
print(c.extra())
try:
    c.__class__ = Vector
except TypeError as error:
    print(error)

method = b.greet
print(method.__self__ is b, method.__func__ is Base.greet, method == b.greet, method is b.greet)
print(Base.__subclasses__() == [Child, Made], object.__subclasses__() != [])

for action in (lambda: Base(), lambda: Base("a", "b"), lambda: object(1), lambda: Vector.missing, lambda: Base.greet()):
    try:
        action()
    except (TypeError, AttributeError) as error:
        print(error)


class Ordered:
    def __init__(self, n):
        self.n = n

    def __lt__(self, other):
        return self.n < other.n

    def __repr__(self):
        return f"O{self.n}"


print(sorted(map(Ordered, [3, 1, 2])), max(Ordered(1), Ordered(2)), Ordered(1) > Ordered(0))
try:
    Ordered(1) <= Ordered(2)
except TypeError as error:
    print(error)


class WithDoc:
    """Its documentation."""

    attribute: int = 3

    class Nested:
        pass


print(WithDoc.__doc__, WithDoc.__annotations__, WithDoc.Nested.__qualname__)
