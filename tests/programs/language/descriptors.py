# Descriptors: data and non-data, properties, slots, __set_name__, bound methods, and who wins against whom.
class Data:
    def __set_name__(self, owner, name):
        print("named", owner.__name__, name)
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return instance.__dict__.get(self.name, "unset")

    def __set__(self, instance, value):
        print("set", self.name, value)
        instance.__dict__[self.name] = value

    def __delete__(self, instance):
        print("delete", self.name)
        del instance.__dict__[self.name]


class NonData:
    def __get__(self, instance, owner=None):
        return "non-data", instance is None, owner.__name__


class Thing:
    data = Data()
    non_data = NonData()


t = Thing()
print(t.data, type(Thing.data).__name__)
t.data = 5
print(t.data, vars(t))
t.__dict__["data"] = 6
print(t.data)
del t.data
print(t.data)
print(t.non_data, Thing.non_data)
t.non_data = "shadowed"
print(t.non_data)
del t.non_data
print(t.non_data)


class Celsius:
    """Temperature."""

    def __init__(self):
        self._degrees = 0

    @property
    def degrees(self):
        "In degrees."
        return self._degrees

    @degrees.setter
    def degrees(self, value):
        if value < -273:
            raise ValueError("too cold")
        self._degrees = value

    @degrees.deleter
    def degrees(self):
        self._degrees = None

    @property
    def kelvin(self):
        return self._degrees + 273


c = Celsius()
c.degrees = 20
print(c.degrees, c.kelvin, Celsius.degrees.__doc__)
try:
    c.degrees = -300
except ValueError as error:
    print(error)
for action in ("c.kelvin = 1", "del c.kelvin"):
    try:
        exec(action)
    except AttributeError as error:
        print(error)
del c.degrees
print(c.degrees)
print(isinstance(Celsius.degrees, property), Celsius.degrees.fget.__name__)


class Sub(Celsius):
    @Celsius.degrees.getter
    def degrees(self):
        return "sub"


s = Sub()
s.degrees = 3
print(s.degrees, s._degrees)


class Slotted:
    __slots__ = ("a", "__weakref__")


s = Slotted()
try:
    s.a
except AttributeError as error:
    print(error)
Slotted.a.__set__(s, 1)
print(s.a, Slotted.a.__get__(s), type(Slotted.a).__name__)
try:
    Slotted.a.__get__(3)
except TypeError as error:
    print(error)


class Function:
    def method(self, *args):
        return type(self).__name__, args

    @classmethod
    def of_class(cls, *args):
        return cls.__name__, args

    @staticmethod
    def static(*args):
        return args


f = Function()
bound = Function.__dict__["method"].__get__(f)
print(bound(1), f.method(2), Function.method(f, 3))
print(f.of_class(1), Function.__dict__["of_class"].__get__(None, int)(2), f.static(3))
print(str.upper("a"), str.__dict__["upper"].__get__("b")(), type(str.__dict__["upper"]).__name__)
try:
    str.upper(3)
except TypeError as error:
    print(error)
print((5).__add__(6), int.__add__(5, 6), type(int.__add__).__name__, type((5).__add__).__name__)
print(type(int.real).__name__, int.real.__get__(3), type(type.__dict__["__dict__"]).__name__)


class Lazy:
    def __init__(self, function):
        self.function = function

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        value = instance.__dict__[self.name] = self.function(instance)
        return value


class Cached:
    @Lazy
    def value(self):
        print("computing")
        return 42


c = Cached()
print(c.value, c.value, vars(c))


class Bad:
    def __set_name__(self, owner, name):
        raise ValueError("no name")


try:
    class Holder:
        bad = Bad()
except ValueError as error:
    print(error, error.__notes__)


class Meta(type):
    @property
    def on_class(cls):
        return cls.__name__ + " through its metaclass"


class WithMeta(metaclass=Meta):
    pass


print(WithMeta.on_class)
try:
    WithMeta().on_class
except AttributeError as error:
    print(error)


class Callable:
    def __call__(self, *args):
        return args


class HasCallable:
    call = Callable()


print(HasCallable().call(1))
