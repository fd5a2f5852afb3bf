# re, string, textwrap, json, struct, difflib, base64, urllib.parse, csv: text in and out.
# suite: stress=997
import base64
import binascii
import csv
import io
import json
import re
import string
import struct
import textwrap

print(re.findall(r"\b(\w)(\w*)\b", "some words here"), re.sub(r"(\d+)", lambda m: str(int(m[1]) * 2), "a1b22"), re.split(r"[,;]\s*", "a, b;c"), re.match(r"(?P<y>\d{4})-(?P<m>\d\d)", "2024-05-01").groupdict())
m = re.search(r"(a+)(b*)?(c)?", "xaab")
print(m, m.groups(), m.span(1), m.group(0, 2), m.lastindex, m.start(3), m.expand(r"\2-\1"), re.escape("a.b*"), re.fullmatch("a|ab", "ab"), re.compile("x", re.I).flags)
print(re.sub(r"(?i)HELLO", "bye", "Hello hello"), re.findall(r"(?<=\$)\d+(?!\d|%)", "$10 $20% $3"), re.findall(r"^\w", "a\nb", re.M), re.findall(r".", "a\n", re.S), re.sub(r"(.)\1", r"<\1>", "aabbc"), re.findall(r"[^\W\d]+", "é1ñ_2"), re.subn("a", "b", "banana", 2), list(x.start() for x in re.finditer("an", "banana")))
print(re.match(r"(?:(\w)|(\d))*", "a1").groups(), re.findall(r"(a)?b", "bab"), re.search(r"a{2,3}?", "aaaa")[0], re.search(r"(?>a+)b", "aaab")[0], re.search(r"a++b", "aaab")[0], re.sub("", "-", "ab"), re.findall(r"\d+|[a-z]+", "12ab3"), re.match(r"((a)|b)+", "ab").groups(), bool(re.match(r"(?x) a  b # comment", "ab")))
for pattern in ("(", "[", "a**", "(?P<1>x)", r"\1", "(?<=a+)b", "x{3,1}", "(?z)"):
    try:
        re.compile(pattern)
    except re.error as error:
        print(pattern, "->", error)
text = json.dumps({"a": [1, 2.5, None, True], "é": "ü\n\"", "n": {"x": -1e-7, "big": 10**20}})
print(text, json.loads(text) == {"a": [1, 2.5, None, True], "é": "ü\n\"", "n": {"x": -1e-7, "big": 10**20}}, json.dumps({"b": 1, "a": (1, 2)}, sort_keys=True, indent=1, ensure_ascii=False), json.dumps([1, "x"], separators=(",", ":")), json.loads('{"k": [NaN, -Infinity, "\\ud83d\\ude00"]}'))
for bad in ('{"a": }', "[1, 2", "nul", '"\x01"', "", '{"a" 1}'):
    try:
        json.loads(bad)
    except json.JSONDecodeError as error:
        print(error)
try:
    json.dumps({1: {2}})
except TypeError as error:
    print(error)
print(json.dumps({1: 2, None: 3, True: 4}), json.loads("[1, 2]", parse_int=float), json.dumps(object, default=str))
print(struct.pack("<iHb?4sd", -1, 65535, -128, True, b"abcdef", 1.5), struct.unpack(">IQ", bytes(range(12))), struct.calcsize("@bqh"), struct.unpack("<f", struct.pack("<f", 0.1)), struct.pack(">e", 1.5), list(struct.iter_unpack("<H", b"\1\0\2\0")))
for action in (lambda: struct.pack("b", 300), lambda: struct.unpack("i", b"abc"), lambda: struct.pack("z", 1), lambda: struct.pack("i"), lambda: struct.pack("i", "x")):
    try:
        print(action())
    except struct.error as error:
        print(error)
print(textwrap.fill("The quick brown fox jumps over the lazy dog", 20), textwrap.dedent("  a\n    b\n"), textwrap.shorten("hello wide world", 12), textwrap.indent("a\nb", "> "))
print(string.Template("$a ${b} $$").substitute(a=1, b=2), string.ascii_lowercase, string.capwords("hello world"), string.Formatter().format("{0:>{1}}", "x", 4))
print(base64.b64encode(b"hello world"), base64.b64decode("aGk="), base64.b32encode(b"hi"), binascii.hexlify(b"\xff"), binascii.crc32(b"hello"), base64.b85encode(b"test"), base64.urlsafe_b64encode(b"\xfb\xff"))
out = io.StringIO()
writer = csv.writer(out)
writer.writerow(["a", "b,c", 'd"e', 1, None])
print(repr(out.getvalue()), list(csv.reader(io.StringIO('a,"b\nc",""\n1,2'))), list(csv.DictReader(io.StringIO("x,y\n1,2\n"))))
import difflib
import urllib.parse

print("".join(difflib.unified_diff(["a\n", "b\n"], ["a\n", "c\n"], "old", "new")), difflib.get_close_matches("appel", ["ape", "apple", "peach"]))
print(urllib.parse.urlparse("http://u@h:80/p;x?q=1#f"), urllib.parse.quote("a b/é"), urllib.parse.parse_qs("a=1&a=2&b="), urllib.parse.urlencode({"k": "v w"}), urllib.parse.urljoin("http://a/b/c", "../d"))
