# bytes, bytearray and memoryview: construction, methods, mutation, buffers, formats, errors.
print(b"abc", bytes(3), bytes([65, 66]), bytes("é", "utf-8"), bytes(b"x"), bytes(range(5)), b"\x00\xff\n'\"", rb"\n", bytes.fromhex("de AD be ef"), b"a" b"b")
b = b"Hello, World"
print(b[0], b[-1], b[1:4], b[::-1], len(b), b"World" in b, 72 in b, b + b"!", b * 2, b.upper(), b.hex(), b.hex("-", 4), b.find(b"o"), b.find(111), b.count(b"l"), b.split(b", "))
print(b.replace(b"l", b"L"), b.startswith(b"He"), b.partition(b", "), b" x ".strip(), b"a\nb".splitlines(), b",".join([b"a", bytearray(b"b")]), b"abc".translate(bytes.maketrans(b"a", b"z"), b"c"), b"7".zfill(3), b"x".center(3, b"*"))
print(b"abc" == bytearray(b"abc"), b"abc" < b"abd", b"a" == "a", hash(b"abc") == hash(bytes([97, 98, 99])), list(b"ab"), b"%d %s %a %b" % (5, b"s", "é", b"b"), b"A1".isalnum(), b"ab".title())
a = bytearray(b"hello")
a[0] = 72
a[1:3] = b"EYYY"
a += b"!"
a.append(63)
a.extend([1, 2])
del a[-2:]
a.insert(0, 33)
print(a, a.pop(), a.pop(0), a, a.remove(111), a, a.reverse(), a, a.copy() is a, bytes(a), a[2], a[1:3])
a[::2] = bytes(len(a[::2]))
print(a, a.clear(), a, len(a))
for i in range(300):
    a.append(i % 256)
    if i % 3 == 0:
        del a[0]
print(len(a), a[0], a[-1], sum(a))
m = memoryview(bytearray(range(12)))
print(m[0], m[-1], m[2:5].tolist(), m[::3].tobytes(), len(m), m.format, m.itemsize, m.nbytes, m.shape, m.strides, m.ndim, m.readonly, m.contiguous)
m[0] = 200
m[1:3] = b"ab"
print(m.obj[:4], m.cast("H").tolist(), m.cast("B", (3, 4)).tolist(), m.cast("I").format, m.hex(), m == bytearray(m), list(reversed(m))[:2], 97 in m)
two = m.cast("B", (3, 4))
print(two[1, 2], two.shape, two.strides)
source = bytearray(b"locked")
view = memoryview(source)
try:
    source.append(1)
except BufferError as error:
    print(error)
view.release()
source.append(33)
print(source)
try:
    view[0]
except ValueError as error:
    print(error)
with memoryview(b"read only") as r:
    print(r.readonly, bytes(r[5:]), hash(r) == hash(b"read only"))
    try:
        r[0] = 1
    except TypeError as error:
        print(error)
bad = [lambda: bytes([256]), lambda: bytes(-1), lambda: bytes("x"), lambda: bytes([1.5]), lambda: b"a" + "b", lambda: b"abc"[9], lambda: b"a".join(["x"]), lambda: bytes.fromhex("zz"), lambda: bytes.fromhex("abc"),
       lambda: bytearray(b"a").pop(5), lambda: bytearray().pop(), lambda: bytearray(b"a").remove(5), lambda: b"a".find("a"), lambda: memoryview("s"), lambda: memoryview(b"abc").cast("H"), lambda: m["x"], lambda: "a" in b"a",
       lambda: 300 in b"a", lambda: b"%s" % "x", lambda: b"a" < "a", lambda: bytearray(b"ab").__setitem__(0, 300), lambda: hash(bytearray()), lambda: bytes("é", "ascii"), lambda: bytes(1, 2)]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class Sub(bytes):
    def __bytes__(self): return b"own"


class Has:
    def __bytes__(self): return b"from __bytes__"

    def __index__(self): return 3


print(bytes(Sub(b"x")), bytes(Has()), bytearray(Has()), Sub(b"ab")[0], b"x"[0:Has()], repr(bytearray(b"\x00q")), bytearray(b"ab") * 2, bytearray(b"x").isalpha())
print(int.from_bytes(b"\x12\x34"), b"\x80abc".decode("latin-1"), b"a,b,c".rsplit(b",", 1), b"aXbX".removesuffix(b"X"), b"tab\there".expandtabs(8), bytearray(b"abc").find(b"c", -1), b"".join([]))
