"""Writes escape_cases.txt: how CPython 3.14 parses `str.format` strings and field names, and pads `%` numbers."""
import _string
import random

rng = random.Random(9)
FORMATS = ["", "abc", "{}", "{0}", "{a.b[c]}", "{{", "}}", "{", "}", "a{", "a}", "{a!r}", "{a!r:}", "{a:{b}}", "{a!}", "{a!rr}", "{a!r", "{a", "{a[}", "{a[}]}",
           "{!r}", "{:x}", "{a:b{", "{a:}}", "{a:{{}}}", "a{{b}}c", "{a}}", "{{a}", "{a{b}}", "{[}", "{a!", "{:!}", "{!}", "{a!:x}", "{a![}", "{:{!r}}", "x{:"]
FORMATS += ["".join(rng.choice("{}{}ab!:[].r") for _ in range(rng.randrange(12))) for _ in range(400)]
NAMES = ["", "0", "00", "a", "a.b", "a[0]", ".a", "[0]", "a.", "a[", "a[]", "a[0]b", "a..b", "9" * 30, "a[%s]" % ("9" * 30), "\u0663", "-1", "a[ 1]", "1a", "a]",
         "9223372036854775807", "9223372036854775808", "a.[0]"]
NAMES += ["".join(rng.choice("01ab.[].[]") for _ in range(rng.randrange(9))) for _ in range(300)]


def parse(text):
    return "|".join("%s,%s,%s,%s" % tuple("None" if x is None else ascii(x)[1:-1] for x in piece) for piece in _string.formatter_parser(text))


def split(text):
    first, rest = _string.formatter_field_name_split(text)
    show = lambda x: str(x) if isinstance(x, int) else "'" + x
    return "|".join([show(first)] + [("." if attribute else "[") + show(x) for attribute, x in rest])


with open("escape_cases.txt", "w") as out:
    for op, function, texts in ("format", parse, FORMATS), ("name", split, NAMES):
        for text in texts:
            try:
                result = function(text)
            except ValueError as error:
                result = f"ValueError: {error}"
            print(op, text, result, sep="\t", file=out)
    for _ in range(300):
        flags = "".join(rng.sample("-+ #0", rng.randrange(4)))
        width, precision = rng.choice(["", "3", "8", "20"]), rng.choice(["", "", ".", ".0", ".3", ".12"])
        value = rng.choice([0, 5, -5, 255, -255, 123456789, -(2**70)])
        spec = "%" + flags + width + precision + rng.choice(["", "", "h", "l"]) + rng.choice("diuoxX")
        print("percent", f"{spec}={value}", spec % value, sep="\t", file=out)
