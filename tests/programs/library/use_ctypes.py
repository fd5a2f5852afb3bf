"""C data and C functions: simple types, structures, unions, arrays, pointers, callbacks, buffers, what is kept alive."""
import ctypes
import gc
import pickle
import threading
from ctypes import (
    CFUNCTYPE, POINTER, BigEndianStructure, Structure, Union, addressof, alignment, byref, c_bool, c_char, c_char_p,
    c_double, c_double_complex, c_float, c_int, c_int8, c_int16, c_int64, c_long, c_longdouble, c_short, c_size_t,
    c_ubyte, c_uint, c_ulonglong, c_void_p, c_wchar, c_wchar_p, cast, create_string_buffer, create_unicode_buffer,
    get_errno, memmove, memset, pointer, py_object, pythonapi, resize, set_errno, sizeof, string_at, wstring_at,
)

libc = ctypes.CDLL(None, use_errno=True)


def section(name):
    print("---", name)


def complains(function, *args):
    try:
        print("no error:", function(*args))
    except Exception as e:
        print(type(e).__name__ + ":", e)


section("simple types")
for tp in (c_bool, c_char, c_wchar, c_int8, c_ubyte, c_int16, c_int, c_uint, c_long, c_ulonglong, c_float, c_double,
           c_longdouble, c_double_complex, c_char_p, c_void_p, py_object):
    print(tp.__name__, tp._type_, sizeof(tp), alignment(tp), memoryview(tp()).format)
print(c_int8(200), c_ubyte(-1), c_short(70000), c_ulonglong(-1), c_uint(2**40 + 3))
print(c_float(0.1).value, c_double(0.1).value, c_longdouble(0.1).value, c_double_complex(1 + 2j).value)
print(c_char(b"x"), c_char(65), c_wchar("\u20ac"), c_bool([]), c_bool([0]), c_char_p(b"abc").value, c_wchar_p("h\u00e9").value)
print(c_void_p(), c_void_p(-1), bool(c_int(0)), bool(c_int(3)))
complains(c_int, "1")
complains(c_int, 1.5)
complains(c_char, b"ab")
complains(c_char_p, 1.5)
print(pickle.loads(pickle.dumps(c_int(7))))
complains(pickle.dumps, c_char_p(b"x"))


class Subclass(c_int):
    pass


section("structures")


class Point(Structure):
    _fields_ = [("x", c_int), ("y", c_int)]


class Flags(Structure):
    _fields_ = [("a", c_int, 3), ("b", c_uint, 5), ("c", c_uint, 24), ("d", c_int64, 40)]


class Mixed(Structure):
    _fields_ = [("tag", c_char), ("value", c_double), ("name", c_char * 5), ("sub", Subclass), ("points", Point * 2)]


class Packed(Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("tag", c_char), ("value", c_double)]


class Either(Union):
    _fields_ = [("i", c_uint), ("f", c_float), ("raw", c_ubyte * 4)]


class Outer(Structure):
    _anonymous_ = ["u"]
    _fields_ = [("kind", c_int), ("u", Either)]


class Big(BigEndianStructure):
    _fields_ = [("a", c_short), ("b", c_int), ("d", c_double)]


class Derived(Point):
    _fields_ = [("z", c_int)]


print(Point.x, Point.y, Flags.b, Flags.d)
print(sizeof(Mixed), sizeof(Packed), sizeof(Flags), sizeof(Outer), alignment(Mixed), Mixed.points.offset)
f = Flags(3, 33, 2**24 - 1, -5)
print(f.a, f.b, f.c, f.d, bytes(f).hex())
m = Mixed(b"t", 1.5, b"name", 3, ((1, 2), (3, 4)))
print(m.tag, m.value, m.name, type(m.sub).__name__, m.sub.value, [(p.x, p.y) for p in m.points])
o = Outer(kind=1)
o.f = 1.0
print(hex(o.i), list(o.raw), o.u.f)
print(bytes(Big(1, 2, 1.0)).hex(), Derived(1, 2, 3).z, [n for n, *_ in Derived._fields_])
complains(Point, 1, 2, 3)
complains(setattr, m, "name", b"toolong")
complains(setattr, Point, "_fields_", [])
complains(lambda: Point(x="a"))
print(memoryview(m).format, memoryview(Mixed()).itemsize)

section("arrays and pointers")
numbers = (c_int * 5)(*range(5))
print(len(numbers), numbers[1:4], numbers[::-1], numbers[-1], sum(numbers), memoryview(numbers).shape)
numbers[1:3] = [10, 20]
print(list(numbers), c_int * 5 is c_int * 5, (c_int * 2 * 3).__name__)
view = memoryview((c_short * 3 * 2)()).cast("B")
print(len(view), memoryview((c_short * 3 * 2)()).shape)
p = pointer(c_int(42))
p[0] += 1
print(p.contents, bool(p), bool(POINTER(c_int)()), p._objects)
q = cast(numbers, POINTER(c_int))
print(q[0:5], q[4:0:-1])
complains(lambda: POINTER(c_int)().contents)
complains(lambda: numbers[9])
complains(lambda: cast(numbers, c_int))
text = create_string_buffer(b"hello", 10)
print(text.value, text.raw, sizeof(text), create_unicode_buffer("w\u00f6rld").value)
print(string_at(text), string_at(text, 2), wstring_at(create_unicode_buffer("abc")))
memmove(text, b"HE", 2)
memset(byref(text, 2), ord("-"), 2)
print(text.value)
small = c_short(1)
resize(small, 8)
print(sizeof(small), sizeof(c_short))
complains(resize, small, 1)

section("functions")
libc.strlen.argtypes = [c_char_p]
libc.strlen.restype = c_size_t
print(libc.strlen(b"abc"), libc.abs(-5), libc.toupper(ord("a")))
complains(libc.strlen, "abc")
complains(libc.strlen)
print(hasattr(libc, "no_such_function_anywhere"))
complains(libc.abs, 1.5)
libc.strchr.restype = c_char_p
print(libc.strchr(b"key=value", ord("=")))
libc.labs.restype = c_long
libc.labs.errcheck = lambda result, function, args: (result, args)
libc.labs.argtypes = [c_long]
print(libc.labs(-(2**40)))


class DivResult(Structure):
    _fields_ = [("quot", c_int), ("rem", c_int)]


libc.div.restype = DivResult
r = libc.div(17, 5)
print(r.quot, r.rem)
buffer = create_string_buffer(64)
libc.snprintf(buffer, c_size_t(64), b"%d %s %.2f", 7, b"seven", c_double(7.5))
print(buffer.value)
set_errno(0)
libc.close(-1)
print(get_errno())
frexp = CFUNCTYPE(c_double, c_double, POINTER(c_int))(("frexp", libc), ((1, "x"), (2, "exponent")))
complains(frexp)
print(frexp(8.0), frexp(x=0.75))

section("callbacks")
COMPARE = CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
array = (c_int * 6)(5, 3, 9, 1, 7, 2)
libc.qsort(array, len(array), sizeof(c_int), COMPARE(lambda a, b: a[0] - b[0]))
print(list(array))
calls = []


@COMPARE
def noisy(a, b):
    calls.append(gc.collect() >= 0)
    return b.contents.value - a.contents.value


libc.qsort(array, len(array), sizeof(c_int), noisy)
print(list(array), all(calls), noisy._objects.keys())
double = CFUNCTYPE(c_double, c_double, c_float, c_int8)(lambda a, b, c: a * b + c)
print(double(1.5, 2.0, -3))
by_value = CFUNCTYPE(c_int, Point)(lambda point: point.x * point.y)
print(by_value(Point(6, 7)))
print(pythonapi.Py_IsInitialized())
answers = []
caller = CFUNCTYPE(None, c_int)(lambda n: answers.append((n, threading.current_thread() is not threading.main_thread())))
threads = [threading.Thread(target=caller, args=(n,)) for n in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(answers))

section("objects")
pythonapi.PyList_New.restype = py_object
made = pythonapi.PyList_New(c_size_t(0))
made.append(1)
print(made)
pythonapi.PyObject_GetAttrString.restype = py_object
pythonapi.PyObject_GetAttrString.argtypes = [py_object, c_char_p]
complains(pythonapi.PyObject_GetAttrString, 1, b"nothing")
holder = py_object([1, 2, 3])
gc.collect()
print(holder.value, py_object())


class Holder(Structure):
    _fields_ = [("first", py_object), ("text", c_char_p), ("next", c_void_p), ("array", py_object * 3)]


h = Holder({"k": ["v"]}, b"kept " + str(12).encode())
h.array[1] = ["deep"]
others = [[i] for i in range(1000)]
del others
gc.collect()
print(h.first, h.text, h.array[1])
complains(lambda: h.array[0])


class Node(Structure):
    pass


Node._fields_ = [("value", c_int), ("next", POINTER(Node))]
head = None
for i in range(4):
    node = Node(i)
    if head is not None:
        node.next = pointer(head)
    head = node
del node
gc.collect()
values = []
while True:
    values.append(head.value)
    if not head.next:
        break
    head = head.next.contents
print(values)

section("memory of others")
data = bytearray(b"\x01\x00\x02\x00\x03\x00")
shorts = (c_short * 3).from_buffer(data)
shorts[1] = 513
print(data, (c_short * 3).from_buffer_copy(data)[1])
complains(data.append, 1)
complains(c_int.from_buffer, b"abcd")
complains(c_int.from_buffer_copy, b"abc")
target = c_int(99)
print(c_int.from_address(addressof(target)), c_int.in_dll.__name__)
