"""Writes int_cases.txt: operations on generated operands, and CPython's hash of each result.

Run under CPython 3.14. An operand is `bits:seed`; `operand` here and in int.rs make the same value.
"""
import math
import operator
import random
import sys

MASK64 = 2**64 - 1


def operand(bits, seed):
    state, value = seed, 0
    count = (bits + 29) // 30
    for i in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK64
        digit = state >> 34
        if seed % 5 == 1:
            digit = 0x3FFFFFFF
        elif seed % 5 == 2:
            digit = 0 if i + 1 < count else digit
        value |= digit << 30 * i
    value &= (1 << bits) - 1
    if bits:
        value |= 1 << bits - 1
    return -value if seed % 2 else value


def outcome(function, *args):
    try:
        result = function(*args)
    except (OverflowError, ValueError):
        return "none"
    if isinstance(result, tuple):
        return " ".join(str(hash(x)) for x in result)
    if isinstance(result, float):
        return result.hex()
    return str(hash(result))


def to_bytes(a, n):
    return int.from_bytes(a.to_bytes(n, "little", signed=True), "big")


BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "and": operator.and_,
    "or": operator.or_, "xor": operator.xor, "gcd": math.gcd, "lcm": math.lcm, "divmod": divmod, "truediv": operator.truediv,
}
UNARY = {"sqr": lambda a: a * a, "isqrt": lambda a: math.isqrt(abs(a)), "float": float, "invert": operator.invert,
         "decimal": lambda a: a, "radix3": lambda a: a, "radix16": lambda a: a, "radix32": lambda a: a, "bytes": lambda a: a}
SCALAR = {"shl": operator.lshift, "shr": operator.rshift, "round": lambda a, n: round(a, -n), "pow": lambda a, n: pow(a, n % 40)}

sys.set_int_max_str_digits(0)
rng = random.Random(7)
SIZES = [0, 1, 2, 17, 29, 30, 31, 53, 54, 59, 60, 61, 64, 65, 89, 90, 91, 120, 128, 180, 200, 300, 600, 1000, 1023, 1024, 1025,
         1500, 2000, 3000, 5000, 9000]


def pick(limit=10**9):
    return rng.choice([s for s in SIZES if s <= limit]), rng.randrange(1, 1000)


with open("int_cases.txt", "w") as out:
    for name, function in BINARY.items():
        for _ in range(120):
            a, b = pick(), pick()
            x, y = operand(*a), operand(*b)
            if y == 0 and name in ("divmod", "truediv"):
                continue
            print(name, "%d:%d" % a, "%d:%d" % b, outcome(function, x, y), file=out)
    for name, function in UNARY.items():
        for _ in range(60):
            a = pick()
            print(name, "%d:%d" % a, "0:0", outcome(function, operand(*a)), file=out)
    for name, function in SCALAR.items():
        for _ in range(60):
            a, n = pick(1500), rng.choice([1, 2, 3, 7, 29, 30, 31, 60, 61, 100, 999])
            print(name, "%d:%d" % a, "%d:0" % n, outcome(function, operand(*a), n), file=out)
    for _ in range(80):
        a, e, m = pick(600), pick(200), pick(600)
        if operand(*m):
            print("modpow", "%d:%d" % a, "%d:%d" % e, "%d:%d" % m, outcome(pow, operand(*a), operand(*e), operand(*m)), file=out)
