# Integers: literals, arbitrary size, division, shifts and bits in two's complement, conversions, methods, errors.
# suite: gc=none stress=997
print(0xFF, 0o17, 0b101, 1_000_000, -0, +5, ~5)
big = 2**200 + 1
print(big, -big, big - big, big // 3, big % 3, divmod(-big, 10**20), hex(big), big.bit_length(), bin(-big).count("1"))
for a in (17, -17, 0):
    for b in (5, -5):
        print(a // b, a % b, divmod(a, b), a / b, end="; ")
print()
print(10**30 // 7, -(10**30) // 7, 10**30 % -7, (10**30) ** 2 == 10**60, (10**50 + 3) * (10**50 - 3))
print(1 << 100, (1 << 100) >> 98, -1 >> 1000, -5 >> 1, 5 & -2, 5 | -8, 5 ^ -1, big & 0xFFFF, ~big & 0xFF, -big >> 190)
print(2**64 - 1, 2**63, -(2**63), (2**64) // (2**32), (2**61 - 1) ** 3 % 1000007)
print(pow(3, 1000, 10**9 + 7), pow(3, -1, 7), pow(2, 0), pow(0, 0), pow(-2, 3, 5), pow(5, 3, -7), 2**-2)
factorial = 1
for i in range(1, 101):
    factorial *= i
print(factorial, len(str(factorial)), factorial % 101, sum(int(d) for d in str(factorial)))
print(int("12"), int("-0x1f", 16), int("0b11", 0), int(" 7\n"), int("1_000"), int("zz", 36), int(b"12"), int(3.99), int(-3.99), int(True))
print(int("٣"), int("9" * 50) + 1, int(1e22), int("-" + "7" * 30, 8))
print((255).to_bytes(2, "big"), (-1).to_bytes(3, "little", signed=True), int.from_bytes(b"\x01\x00", "big"), int.from_bytes(b"\xff\xfe", "little", signed=True))
print((5).bit_count(), (-255).bit_length(), (7).as_integer_ratio(), (3).conjugate(), (4).real, (4).imag, (4).numerator, (4).is_integer())
print(f"{255:x} {255:X} {255:#o} {255:b} {-255:08x} {10**20:,} {5:+d} {65:c} {1234:e} {5: d} {12345678:_} {255:#_b}")
print("%d %5d %-5d| %05d %x %#X %o %i %+d %c" % (1, 2, 3, 4, 255, 255, 8, 9.9, 5, "A"))
print(hash(5), hash(-1), hash(2**61 - 1), hash(2**61), hash(-(2**61)), hash(10**100) == hash(10**100), hash(1) == hash(1.0) == hash(True))
print(1 == 1.0, 2**53 + 1 == float(2**53 + 1), 10**400 > 1e308, 3 < 3.5, big == big + 0, 10**20 == 1e20, -(10**400) < float("-inf"))
print(round(15, -1), round(25, -1), round(-15, -1), round(1234, -2), round(5), abs(-big) == big, min(3, -big), max(0, big) == big)
print(True + True, True * 5, -True, ~False, True & 1, isinstance(True, int), bool(big), int.__add__(1, 2), (1).__radd__(2), (1).__add__(1.5))
print(str(10**18), repr(-(10**18)), str(2**31), oct(-8), bin(0), hex(2**64), chr(0x1F600), ord("é"))
bad = [lambda: 1 // 0, lambda: 1 % 0, lambda: divmod(big, 0), lambda: 1 / 0, lambda: 0**-1, lambda: int("x"), lambda: int(""), lambda: int("1__0"),
       lambda: int("5", 1), lambda: int("8", 8), lambda: int(None), lambda: int([]), lambda: int(float("inf")), lambda: int(float("nan")), lambda: 1 << -1,
       lambda: pow(2, -1, 4), lambda: pow(2, 1, 0), lambda: (256).to_bytes(1, "big"), lambda: (-1).to_bytes(1, "big"), lambda: 10**400 / 3, lambda: float(10**400),
       lambda: int(1.5, 2), lambda: chr(-1), lambda: chr(0x110000), lambda: pow(1.5, 2, 3), lambda: int("1" * 5000), lambda: "%d" % "x", lambda: f"{5:.2d}"]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class MyInt(int):
    def __add__(self, other): return MyInt(int(self) + other)

    def __repr__(self): return f"MyInt({int(self)})"


m = MyInt(5)
print(m + 1, 1 + m, m * 2, type(m * 2).__name__, m == 5, hash(m) == hash(5), [10, 20, 30, 40, 50, 60][m], MyInt("7"))


def isqrt(n):
    x = n
    y = (x + 1) // 2
    while y < x:
        x, y = y, (y + n // y) // 2
    return x


print(isqrt(2 * 10**60))


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


print(fib(300), fib(1000) % 10**20)


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


print(max((collatz(n), n) for n in range(1, 2000)), collatz(2**80 - 1))
x = 12345678901234567890
for _ in range(5):
    x = x * x % (10**25 + 13)
print(x, x ^ (x >> 7), -x // 1000, -x % 1000, x & -x, x | 1 << 90)
