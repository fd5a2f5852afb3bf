# Metaclasses: __prepare__, __new__, __call__, conflicts, class keywords, __mro_entries__, instance and subclass checks.
class Recorder(type):
    @classmethod
    def __prepare__(meta, name, bases, **keywords):
        print("prepare", name, [base.__name__ for base in bases], keywords)
        return {"prepared": True}

    def __new__(meta, name, bases, namespace, **keywords):
        print("new", name, sorted(key for key in namespace if not key.startswith("__")))
        return super().__new__(meta, name, bases, namespace)

    def __init__(cls, name, bases, namespace, **keywords):
        print("init", name, keywords)
        super().__init__(name, bases, namespace)

    def __call__(cls, *args):
        print("call", cls.__name__, args)
        return super().__call__(*args)

    def __len__(cls):
        return 7

    def __getitem__(cls, item):
        return f"{cls.__name__}[{item}]"

    def __contains__(cls, item):
        return item == 1

    def __repr__(cls):
        return f"<recorded {cls.__name__}>"


class Base(metaclass=Recorder, flavour="plain"):
    x = 1

    def __init__(self, *args):
        self.args = args


class Child(Base):
    y = 2


print(Child(1, 2).args, Child.prepared, len(Child), Child[3], 1 in Child, Child, type(Child) is Recorder)


class OtherMeta(type):
    pass


class Other(metaclass=OtherMeta):
    pass


try:
    class Conflict(Base, Other):
        pass
except TypeError as error:
    print(error)


def function_as_metaclass(name, bases, namespace):
    return name, bases, sorted(key for key in namespace if not key.startswith("__"))


class NotReally(metaclass=function_as_metaclass):
    a = 1


print(NotReally)


class Entry:
    def __mro_entries__(self, bases):
        print("entries", len(bases))
        return (dict,)


class FromEntry(Entry(), int if False else object):
    pass


print(FromEntry.__mro__[1:], len(FromEntry.__orig_bases__))


class Even(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, int) and instance % 2 == 0

    def __subclasscheck__(cls, subclass):
        return subclass is int


class EvenNumber(metaclass=Even):
    pass


print(isinstance(4, EvenNumber), isinstance(3, EvenNumber), issubclass(int, EvenNumber), issubclass(str, EvenNumber))


class CustomOrder(type):
    def mro(cls):
        order = super().mro()
        return [order[0]] + sorted(order[1:-1], key=lambda c: c.__name__) + [order[-1]]


class Z(metaclass=CustomOrder):
    pass


class A(metaclass=CustomOrder):
    pass


class Both(Z, A):
    pass


print([c.__name__ for c in Both.__mro__])


class Namespace(dict):
    def __missing__(self, key):
        if key.startswith("auto_"):
            return key.upper()
        raise KeyError(key)


class Auto(type):
    @classmethod
    def __prepare__(meta, name, bases):
        return Namespace()


class UsesAuto(metaclass=Auto):
    value = auto_value


print(UsesAuto.value)


class GenericClass:
    def __class_getitem__(cls, item):
        return cls.__name__, item


print(GenericClass[int], GenericClass[1, 2])
for action in (lambda: type("X", (1,), {}), lambda: type("X", (bool,), {}), lambda: type(1, (), {}), lambda: type("a", "b")):
    try:
        action()
    except TypeError as error:
        print(error)

try:
    class Keyword(answer=1):
        pass
except TypeError as error:
    print(error)


class ClassCell(type):
    def __new__(meta, name, bases, namespace):
        namespace.pop("__classcell__", None)
        return super().__new__(meta, name, bases, namespace)


try:
    class Lost(metaclass=ClassCell):
        def method(self):
            return __class__
except RuntimeError as error:
    print(str(error).split(".")[0])
