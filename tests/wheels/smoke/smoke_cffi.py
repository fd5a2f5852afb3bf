"""Calls into the C library, structs, callbacks, handles."""

import gc

from cffi import FFI

ffi = FFI()
ffi.cdef(
    """
    size_t strlen(const char *);
    int snprintf(char *, size_t, const char *, ...);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
    double sqrt(double);
    typedef struct { int x; double y; char name[8]; struct { short a, b; } in; } point;
    enum colour { RED, GREEN = 5, BLUE };
"""
)
c = ffi.dlopen(None)
print(c.strlen(b"hello"), c.sqrt(2.0), c.RED, c.BLUE)
buffer = ffi.new("char[]", 64)
print(c.snprintf(buffer, 64, b"%d %s %.2f", ffi.cast("int", -7), ffi.new("char[]", b"text"), ffi.cast("double", 1.5)), ffi.string(buffer))
p = ffi.new("point *", {"x": 3, "y": 2.5, "name": b"abc", "in": {"a": 1, "b": -1}})
print(p.x, p.y, ffi.string(p.name), getattr(p, "in").b, ffi.sizeof("point"), ffi.offsetof("point", "y"))
numbers = ffi.new("int[]", [5, 3, 9, -1, 0])


@ffi.callback("int(const void *, const void *)")
def compare(a, b):
    x, y = ffi.cast("int *", a)[0], ffi.cast("int *", b)[0]
    gc.collect()
    return (x > y) - (x < y)


c.qsort(numbers, 5, 4, compare)
print(list(numbers), ffi.typeof(numbers), ffi.unpack(numbers, 3))


class Kept:
    pass


kept = Kept()
kept.value = [1, 2, 3]
handle = ffi.new_handle(kept)
raw = ffi.cast("void *", handle)
print(ffi.from_handle(raw) is kept, ffi.from_handle(raw).value)
print(bytes(ffi.buffer(numbers))[:4], ffi.from_buffer(b"xyz")[1], ffi.cast("unsigned char", 300), int(ffi.cast("long", -1)))
freed = []
owned = ffi.gc(ffi.new("int *", 5), lambda q: freed.append(q[0]))
del owned
gc.collect()
gc.collect()
print(freed in ([], [5]))
for bad in (lambda: ffi.new("int[2]", [1, 2, 3]), lambda: ffi.cdef("int x"), lambda: p.nothing, lambda: c.nothing, lambda: ffi.new("int *", "x")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, str(e).splitlines()[0])
