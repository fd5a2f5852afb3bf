# suite: stress=no
# Recursion without end, in Python and in native code: RecursionError, never a crash. And what is nested deeply dies without recursion.
import copy
import functools
import gc
import json
import operator
import pickle


def outcome(f):
    try:
        f()
    except RecursionError:
        return "RecursionError"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:100]
    return "returned"


def function(): return function()
def nested(n):
    value = []
    for _ in range(n):
        value = [value]
    return value
def generator(): yield from generator()
async def coroutine(): await coroutine()
class Attribute:
    def __getattr__(self, name): return getattr(self, name + "x")
class AttributeSame:
    def __getattribute__(self, name): return self.name
class Repr:
    def __repr__(self): return repr(self)
class Str:
    def __str__(self): return str(self)
class Eq:
    def __eq__(self, other): return self == other
class Lt:
    def __lt__(self, other): return other < self
class Hash:
    def __hash__(self): return hash(self)
class Call: pass
Call.__call__ = Call()
class Iter:
    def __iter__(self): return iter(self)
class Next:
    def __iter__(self): return self
    def __next__(self): return next(self)
class Bool:
    def __bool__(self): return bool(self)
class Len:
    def __len__(self): return len(self)
class Index:
    def __index__(self): return operator.index(self)
class Item:
    def __getitem__(self, key): return self[key]
class Contains:
    def __contains__(self, key): return key in self
class Add:
    def __add__(self, other): return self + other
class Enter:
    def __enter__(self):
        with self: pass
    def __exit__(self, *args): pass
class Format:
    def __format__(self, spec): return f"{self:{spec}}"
class Meta(type):
    def __instancecheck__(cls, other): return isinstance(other, cls)
    def __subclasscheck__(cls, other): return issubclass(other, cls)
class Checked(metaclass=Meta): pass
class Property:
    @property
    def p(self): return self.p
class Descriptor:
    def __get__(self, obj, tp=None): return obj.d
class Described: d = Descriptor()
class New:
    def __new__(cls): return cls()
class Init:
    def __init__(self): Init()
class Del:
    def __del__(self): Del()
class Missing(dict):
    def __missing__(self, key): return self[key]
class SetAttr:
    def __setattr__(self, name, value): self.x = 1
class Subclass:
    def __init_subclass__(cls): type("Sub", (cls,), {})
def tuples():
    t = ()
    for _ in range(100_000): t = (t,)
    return t
def chain():
    f = lambda: 1
    for _ in range(100_000): f = functools.partial(f)
    return f()
def sorted_forever(): sorted([1, 2], key=lambda x: sorted_forever())
def chained_exceptions():
    error = None
    for _ in range(100_000):
        new = ValueError(); new.__context__ = error; error = new
    return repr(error)
def recursive_type():
    x = int | str
    l = []
    for _ in range(20_000): x = list[x]
    return repr(x)

loop = []; loop.append(loop)
table = {}; table[1] = table
big = nested(100_000)
dicts = {}
for _ in range(100_000): dicts = {1: dicts}
cases = dict(
    function=function, generator=lambda: next(generator()), coroutine=lambda: coroutine().send(None),
    getattr=lambda: Attribute().x, getattribute=lambda: AttributeSame().x, repr=lambda: repr(Repr()), str=lambda: str(Str()),
    eq=lambda: Eq() == Eq(), lt=lambda: Lt() < Lt(), hash=lambda: hash(Hash()), call=lambda: Call()(), iter=lambda: iter(Iter()),
    next=lambda: next(Next()), bool=lambda: bool(Bool()), len=lambda: len(Len()), index=lambda: operator.index(Index()),
    item=lambda: Item()[1], contains=lambda: 1 in Contains(), add=lambda: Add() + 1, enter=lambda: Enter().__enter__(),
    format=lambda: f"{Format():x}", instance=lambda: isinstance(1, Checked), subclass=lambda: issubclass(int, Checked),
    property=lambda: Property().p, descriptor=lambda: Described().d, new=New, init=Init, missing=lambda: Missing()[1],
    setattr=lambda: setattr(SetAttr(), "x", 1), init_subclass=lambda: type("S", (Subclass,), {}),
    repr_list=lambda: repr(big), repr_dict=lambda: repr(dicts), eq_loop=lambda: loop == [loop],
    eq_dict=lambda: table == {1: {1: table}}, json=lambda: json.dumps(big), json_loop=lambda: json.dumps(loop),
    json_loads=lambda: json.loads("[" * 100_000 + "]" * 100_000), pickle=lambda: pickle.dumps(big), deepcopy=lambda: copy.deepcopy(big),
    repr_tuple=lambda: repr(tuples()), eq_tuple=lambda: tuples() == tuples(), partial=chain,
    sorted=sorted_forever, isinstance=lambda: isinstance(1, tuples()), context=chained_exceptions, alias=recursive_type,
    eval=lambda: eval("f()", {"f": lambda: cases["eval"]()}), exec=lambda: exec("f()", {"f": lambda: cases["exec"]()}),
    importing=lambda: __import__("importlib").import_module(".x" * 3000, "json"),
    super=lambda: type("A", (), {"f": lambda self: self.f()})().f(), reduce=lambda: functools.reduce(lambda a, b: cases["reduce"](), [1, 2, 3]),
    cached=lambda: functools.lru_cache(lambda: cases["cached"]())(), max=lambda: max([1, 2], key=lambda x: cases["max"]()),
)
# Whether these succeed depends on the size of native frames.
EITHER = {"repr_list", "repr_dict", "json", "json_loads", "pickle", "repr_tuple", "eq_tuple", "partial", "isinstance", "context", "alias"}
for name, case in cases.items():
    result = outcome(case)
    if name in EITHER and result in ("returned", "RecursionError"):
        result = "ended"
    print(name, result)
del big, dicts
gc.collect()
print("still alive")
