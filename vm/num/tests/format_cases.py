"""Writes format_cases.txt: CPython 3.14's texts of numbers, one case a line, tab-separated."""
import random
import struct

rng = random.Random(11)
out = open("format_cases.txt", "w")


def bits(value):
    return struct.pack(">d", value).hex()


def emit(*fields):
    print(*fields, sep="\t", file=out)


def attempt(function, *args):
    try:
        return ascii(function(*args))[1:-1]
    except (ValueError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"


FLOATS = [0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 2.5, 3.5, 1e15, 1e16, 1e17, 123456.789, 1e22, 1e23, 9.999999999999999e22, 5e-324, 2.0**-1022,
          1.7976931348623157e308, 0.0001, 0.00001, 9999999.5, 1e-5, 123456789012345680.0, 0.045, 1e100, float("inf"), float("-inf"), float("nan"), -4.5e-7]
FLOATS += [2.0**k for k in range(-1074, 1024, 7)]
FLOATS += [struct.unpack(">d", rng.randbytes(8))[0] for _ in range(300)]
FLOATS += [round(rng.uniform(-1000, 1000), rng.randrange(6)) for _ in range(150)]
for value in FLOATS:
    emit("repr", bits(value), repr(value))
    if value == value:
        emit("hash", bits(value), hash(value))
    emit("hex", bits(value), value.hex())
    if value - value == 0:
        n = rng.choice([0, 1, 2, 3, 5, 12, 17, 300, -1, -2, -3, -5, -17, -300, -307, -308])
        emit("round", bits(value), n, attempt(lambda: bits(round(value, n))))

EDGES = [".6_f", ".6,f", "._f", ".,f", ".,", "._", ".6,_f", ".6_,f", "._6f", "_.6_f", ",.6_f", ".6_e", ".6_g", ".12_", ".6_%", ".6_d", ".3,n",
         ".6_n", "015,.6_f", "020,.6,f", "_n", ",n", ",_", "_,", ",,", "__f", ".", ".f", "z", "zd", ".3d", "#d", "5,s", "q", "10.3q", "10c", "+c",
         "#c", ",c", "zc", "xx", ".3xx", "d>", "5>>", " z#010_.3f", "0<10", "<010", "=010", "#,", "=10", "+", "z.1f", "010", ".,_f", ".6_x",
         ".10000000000000000000000", "99999999999999999999", ".2147483648f", ".2147483647f", "015,", "015_x", "#015_x", "#X", "#n", "05", "c",
         "n", "s", "%", ".0%", "F", "E", "G", "#.0f", "#.0e", "#g", "#.3g", ".0", ".17", "1.", "08.", "5,_", ".,x", "\u0661\u0662", "\u00e9^9", "=+#_x",
         "*^+#020_b", ".3_", "0=", ".3s", "\x01", "\u00e9", ">", "^30", "=30", "-", " ", "z10", "+010", "x", "r", "d", "b", "o", "X", "", ".1100f", ".800e"]


def random_spec():
    pick = lambda *options: rng.choice(options)
    return (pick("", "", "", "<", ">", "^", "=", "*^", "0=", "x>") + pick("", "", "+", "-", " ") + pick("", "", "z") + pick("", "", "#")
            + pick("", "", "0") + pick("", "", "5", "12", "23", "40") + pick("", "", "", ",", "_")
            + pick("", "", "", ".0", ".1", ".3", ".7", ".20", ".5_", ".,") + pick("", "", "d", "f", "g", "e", "%", "n", "x", "b", "X", "G", "E", "o"))


INTS = [0, 1, -1, 255, 12345678, -987654321, 10**18, -(10**25), 10**400, 0x10FFFF, 0xD800, 65]
SPECS = EDGES + [random_spec() for _ in range(500)]
for spec in SPECS:
    emit("float", ascii(spec)[1:-1], bits(value := rng.choice(FLOATS)), attempt(format, value, spec))
    emit("float", ascii(spec)[1:-1], bits(value := rng.choice(FLOATS[:30])), attempt(format, value, spec))
    emit("int", ascii(spec)[1:-1], value := rng.choice(INTS), attempt(format, value, spec))
    value = complex(rng.choice(FLOATS), rng.choice(FLOATS))
    emit("complex", ascii(spec)[1:-1], bits(value.real), bits(value.imag), attempt(format, value, spec))
    emit("str", ascii(spec)[1:-1], value := rng.choice(["", "abc", "hello world"]), attempt(format, value, spec))
for _ in range(80):
    value = complex(rng.choice(FLOATS), rng.choice(FLOATS))
    emit("complex_repr", bits(value.real), bits(value.imag), repr(value))
for value in [complex(0, 1), complex(-0.0, -0.0), complex(0, float("nan")), complex(1, float("nan")), complex(1, -float("inf")), complex(0, -0.0)]:
    emit("complex_repr", bits(value.real), bits(value.imag), repr(value))

TEXTS = ["1", "1.5", ".5", "1.", ".", "", "e5", "1e5", "1e+5", "1e-400", "1e400", "-1e400", "1e", "1e+", "inf", "-Infinity", "nan", "+NaN", "infin",
         "1_0.5_0", "1__0", "_1", "1_", "1_.0", "1._0", "1e1_0", "1e_1", " 1.5\n", "1 5", "0x1p3", "1.7976931348623158e308", "1.7976931348623159e308",
         "2.4703282292062327e-324", "2.4703282292062328e-324", "9007199254740993", "+-1", "--1", "1.5.5", "1,5"]
for text in TEXTS:
    emit("parse", ascii(text)[1:-1], attempt(lambda: bits(abs(float(text)) if float(text) != float(text) else float(text))))
for text in ["1", "1+2j", "1-2j", "j", "-j", "+j", "1+j", "1j", "(1+2j)", " ( 1+2j ) ", "1 +2j", "1+2", "1e5+1e-5j", "nan+infj", "-inf-nanj", "1_0+2_0j", "1+2jj",
             "", "()", "J", "1++2j", "1+-2j", "+1+2j", "1e", "infj", "1.j", "(1", "1)", "-1-1j"]:
    def parts():
        value = complex(text)
        return bits(value.real) + " " + bits(value.imag)
    emit("parse_complex", ascii(text)[1:-1], attempt(parts))
for text in ["0x1.8p1", "1.8p1", "-0x.8", "0x", "", "1p", "1p+", "0x1p-1074", "0x1p-1075", "0x1.0000000000000001p-1075", "0x1.8p-1074", "0x1p1024", "0x1.fffffffffffff8p1023",
             "0x1.fffffffffffff7p1023", "inf", "-nan", " 0x10 ", "0x1.00000000000008p0", "0x1.000000000000080000000000000001p0", "0x1.0000000000000800p0", "0x1.00000000000018p0",
             "0x1p99999999999999999999", "0x0p99999999999999999999", "1p-99999999999999999999", "0x1.g", "0x1 p3", "123456789abcdef0123456789abcdef", ".", "0x.p1",
             "0x1.00000000000007ffffffffffffp0", "0x0.fffffffffffff8p-1022", "0x0.00000000000008p-1022", "0x0000000000000000000000000000000001p4"]:
    emit("from_hex", ascii(text)[1:-1], attempt(lambda: bits(float.fromhex(text))))
