# Floats and complex numbers: shortest repr, parsing, rounding, formatting, special values, methods.
# suite: gc=none
print(0.1, 1e16, 1e15, 123456789012345680.0, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308, 100.0, -0.0, 1e22, 1e21, 0.1 + 0.2, 1 / 3)
inf, nan = float("inf"), float("nan")
print(inf, -inf, nan, inf - inf, inf * 0, nan == nan, nan != nan, nan < 1, inf > 10**400, -inf < -(10**400), min(nan, 1), max(1, nan))
print(float("1_0.5"), float(" -1e3\n"), float("Infinity"), float("nan"), float(".5"), float("5."), float("٣.٥"), float(b"2.5"), float(True))
print(7.5 // 2, -7.5 // 2, 7.5 % 2, -7.5 % 2, 7.5 % -2, divmod(-7.5, 2), 2.0**0.5, (-8) ** (1 / 3), 0.0**0, 1e308 * 10, -1e-320 / 10)
print(round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234.5678, -2), round(1e20), round(0.5), round(1.5), round(2.345, 2), round(nan, 2), round(5.015, 2))
print((0.75).as_integer_ratio(), (0.1).hex(), float.fromhex("0x1.8p3"), (1e300).is_integer(), (2.0).is_integer(), (2.5).conjugate(), float.fromhex("-0x.8p-1074"))
print(int(1e20), 3.7.__trunc__(), 3.7.__floor__(), (-3.7).__ceil__(), hash(0.5), hash(1e300), hash(inf), hash(-0.0), hash(2.0) == hash(2))
print(f"{3.14159:.2f} {1e10:g} {1e-10:g} {0.00012345:g} {123456.789:e} {123456.789:,.2f} {0.5:%} {5.0:.0f} {2.5:.0f} {-0.0:z.1f} {1.0:#.0f} {nan:5} {inf:+}")
print(f"{1.5:10}|{1.5:<10}|{1.5:^10}|{1.5:+010.2f}|{1e100:.3g}|{1234567.0:n}|{0.1:.20f}|{1e-7:f}|{1e16:}|{123.0:G}|{1e-7:G}|{12.5:010}|{1.25:.1f}|{1.35:.1f}")
print("%.2f %5.1f %-8.3e| %g %G %+f %r %s %05.1f %.0f" % (1.005, 2.25, 12345.678, 1e-5, 1e20, 1.5, 0.1, 0.1, 2.5, 0.5))
print(repr(1e23), 9007199254740993.0, 0.30000000000000004, 2.2250738585072014e-308, 4.35, 1.1 + 2.2, 1e-7, 12e30, 4.9406564584124654e-324)
print(1.0 == 1, 0.1 == 0.1000000000000000055, 1e16 == 10**16, 1e16 + 1 == 10**16 + 1, sum([0.1] * 10), sum([0.1] * 10, 0.0), sum([1e16, 1, -1e16]))
bad = [lambda: 1.0 / 0, lambda: 1.0 // 0, lambda: 1.0 % 0, lambda: 0.0**-1, lambda: float("x"), lambda: float(""), lambda: float("1__0"), lambda: float(None),
       lambda: 10.0**400, lambda: round(inf), lambda: round(nan), lambda: int("1.5"), lambda: 1.5 << 1, lambda: float.fromhex("zz"), lambda: (inf).as_integer_ratio(),
       lambda: f"{1.5:d}", lambda: "%d" % inf, lambda: 1.5 < "a"]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)
z = 3 + 4j
print(z, abs(z), z.conjugate(), z.real, z.imag, z * z, z / (1 - 2j), z**2, z**0.5, -z, z == 3 + 4j, z != 3, complex(1), complex("1+2j"), complex(" -j "), 1j**2)
print(complex(0.0, -0.0), complex(-0.0, 0.0), 1j * inf if False else complex(inf, nan), hash(1j), hash(complex(2)) == hash(2), 2j - 1, 1 - 0j, -(0j))
print(f"{z:.2f} {z} {z:>12} {1e10j:g} {z:+.1e}", str(1e100 + 1e-5j), repr(complex("nan+infj")), complex(3, 4j), complex(1j, 1j))
for action in (lambda: z < 1, lambda: z // 1, lambda: int(z), lambda: float(z), lambda: complex("1 + 2j"), lambda: z / 0, lambda: complex("x"), lambda: 0j**-1, lambda: divmod(z, 1)):
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class MyFloat(float):
    def __repr__(self): return f"MyFloat<{float(self)}>"


m = MyFloat(2.5)
print(m, str(m), m + 1, type(m + 1).__name__, f"{m:.1f}", [m])
import math

print(math.pi, math.e, math.sqrt(2), math.sin(1), math.exp(1), math.log(10), math.log2(8), math.log(2**2000), math.hypot(3, 4), math.fsum([0.1] * 10))
print(math.floor(-2.5), math.ceil(2.1), math.gcd(12, 18), math.lcm(4, 6), math.factorial(20), math.comb(10, 3), math.isqrt(10**20), math.copysign(1, -0.0))
print(math.frexp(10), math.ldexp(0.5, 5), math.modf(-2.5), math.fmod(-7, 3), math.isclose(0.1 + 0.2, 0.3), math.nextafter(1, 2), math.ulp(1.0), math.prod([1, 2, 3]))


def newton(x):
    guess = x
    for _ in range(50):
        guess = (guess + x / guess) / 2
    return guess


print(newton(2.0), newton(1e10), newton(1e-10))
total = 0.0
for i in range(1, 10001):
    total += (-1) ** (i + 1) / i
print(total)
