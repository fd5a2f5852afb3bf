"""Prints the constants of chars.rs: a checksum of each property over all code points (CPython 3.14)."""
import ctypes
import sys
import unicodedata

simple_lower = ctypes.pythonapi._PyUnicode_ToLowercase
simple_upper = ctypes.pythonapi._PyUnicode_ToUppercase
simple_title = ctypes.pythonapi._PyUnicode_ToTitlecase
MASK = 2**64 - 1


def fnv(values):
    state = 0xCBF29CE484222325
    for value in values:
        state = (state ^ value) * 0x100000001B3 & MASK
    return state


ALL = [chr(code) for code in range(sys.maxunicode + 1)]


def mapping(function):
    return (code for c in ALL for code in map(ord, function(c)))


for name, values in {
    "ALPHA": (c.isalpha() for c in ALL), "DECIMAL": (c.isdecimal() for c in ALL), "DIGIT": (c.isdigit() for c in ALL),
    "NUMERIC": (c.isnumeric() for c in ALL), "ALNUM": (c.isalnum() for c in ALL), "SPACE": (c.isspace() for c in ALL),
    "PRINTABLE": (c.isprintable() for c in ALL), "LOWER": (c.islower() for c in ALL), "UPPER": (c.isupper() for c in ALL),
    "TITLE": (c.istitle() for c in ALL), "START": (c.isidentifier() for c in ALL),
    "CONTINUE": (("a" + c).isidentifier() for c in ALL), "BREAK": (len((c + "a").splitlines()) == 2 for c in ALL),
    "TO_LOWER": mapping(str.lower), "TO_UPPER": mapping(str.upper), "TO_TITLE": mapping(str.title),
    "TO_FOLD": mapping(str.casefold), "SWAPPED": mapping(str.swapcase), "CAPITALIZED": mapping(str.capitalize),
    "SIMPLE_LOWER": (simple_lower(ord(c)) for c in ALL), "SIMPLE_UPPER": (simple_upper(ord(c)) for c in ALL),
    "SIMPLE_TITLE": (simple_title(ord(c)) for c in ALL),
    "DIGIT_VALUE": (unicodedata.digit(c, 255) for c in ALL), "DECIMAL_VALUE": (unicodedata.decimal(c, 255) for c in ALL),
    "NUMERIC_VALUE": (int(unicodedata.numeric(c, -1) * 320) & MASK for c in ALL),
    "NAME": (ord(x) for c in ALL for x in unicodedata.name(c, "?")),
    "REPR": mapping(repr), "ASCII": mapping(ascii), "SIGMA": mapping(lambda c: ("A" + c + "Σ" + c + "Σ" + c + "A").lower()),
}.items():
    print(f"const {name}: u64 = {fnv(values):#x};")
