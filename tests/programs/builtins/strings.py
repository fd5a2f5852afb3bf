# Strings: methods, slicing, searching, splitting, case, Unicode, translation, encoding, comparison, errors.
# suite: gc=none
s = "Hello, World"
print(s[0], s[-1], s[2:5], s[::-1], s[::2], s[10:2:-2], s[100:], len(s), "World" in s, "" in s, s * 2, 0 * s, -1 * s == "")
print(s.upper(), s.lower(), s.swapcase(), s.title(), "ab cd".capitalize(), "ß".upper(), "İ".lower() == "i̇", "Σς".lower(), "ΑΣ".lower(), "ﬁ".title(), "ß".casefold())
print(s.find("o"), s.find("o", 5), s.rfind("o"), s.find("z"), s.index("l"), s.count("l"), s.count(""), "aaaa".count("aa"), s.startswith(("He", "x")), s.endswith("d", 0, -1))
print("a,b,,c".split(","), "a,b,,c".split(",", 1), "a,b,,c".rsplit(",", 1), "  a  b ".split(), "  a  b ".split(None, 1), "".split(), "".split(","), "a\nb\r\nc\x0bd\u2028e".splitlines(), "a\nb".splitlines(True))
print("k=v=w".partition("="), "k=v=w".rpartition("="), "none".partition("="), ",".join(["a", "b"]), "".join("abc"), "-".join({"x": 1}))
print("  x ".strip() + "|", "xxaxx".strip("x"), "abcab".lstrip("ab"), "abcab".rstrip("ab"), "prefix_x".removeprefix("prefix_"), "x.py".removesuffix(".py"), "\u2003x\xa0".strip())
print("a-b-c".replace("-", "+"), "a-b-c".replace("-", "", 1), "abc".replace("", "."), "aaa".replace("aa", "b"), "x".center(5, "*"), "x".ljust(3) + "|", "x".rjust(3), "-42".zfill(6), "é".center(4, "·"))
print("a\tb\tc".expandtabs(4), "abc".translate({97: "A", 98: None, 99: 0x43}), str.maketrans("ab", "xy", "z"), "hello".translate(str.maketrans("el", "ip")))
for method in "isalpha isdigit isdecimal isnumeric isalnum isspace isupper islower istitle isidentifier isprintable isascii".split():
    print(method, [getattr(text, method)() for text in ("abc", "ABC", "A1", "12", "²", "½", " \t", "Title Case", "été", "", "\x00", "_x", "٣")])
print(ascii("é€😀\n"), repr("it's"), repr('"'), repr("'\""), repr("\x00\x7f\xad\u200b😀\ud800"), repr("tab\t\\"))
print("é" == "e\u0301", "a" < "b" < "é" < "€" < "😀", "abc" < "abd", "Z" < "a", "" < "a", "a" * 3 == "aaa", "x" != "y")
print("é€😀".encode(), "é€😀".encode("utf-16-le"), "é".encode("latin-1"), "é€".encode("ascii", "replace"), "é€".encode("ascii", "xmlcharrefreplace"), "é€".encode("ascii", "backslashreplace"), "é€".encode("ascii", "ignore"))
print(b"\xe2\x82\xac\xff".decode("utf-8", "replace"), b"\xff".decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape"), b"\xe9".decode("latin-1"), b"a\x00b\x00".decode("utf-16-le"), str(b"x", "ascii"))
print("😀é"[0], len("😀é"), "😀é"[::-1], "a😀b".find("b"), "a😀b".split("😀"), "日本語"[1], "日本語".index("語"), "😀" * 3, max("a😀é"), sorted("bé€a"))
print("%s|%r|%a|%5s|%-5s|%.2s|%%|%c|%c" % ("s", "r", "é", "ab", "ab", "abcdef", 65, "é"), "%(a)s %(b)05.1f" % {"a": 1, "b": 2.55}, "%s" % (1,), "%s" % [1, 2], "%*d" % (5, 42))
print("{} {}".format(1, 2), "{1} {0}".format("a", "b"), "{x.real} {y[0]} {y[1][k]}".format(x=3, y=[1, {"k": "v"}]), "{:>{w}}|{!r:^7}|{{}}".format("a", "b", w=4), "{0!s:.2}".format("abc"))
print("Ab".isalpha(), "x" "y", "multi\
line", r"raw\n", "\N{GREEK SMALL LETTER ALPHA}\u03b1\U0001F600\x41\101\a"[:4], '''triple "quoted"''')
bad = [lambda: "a" + 1, lambda: "a" * "b", lambda: "abc"[5], lambda: "abc"["x"], lambda: "a".index("z"), lambda: "a".split(""), lambda: ",".join([1]), lambda: "%d" % "a", lambda: "%s %s" % 1,
       lambda: "%s" % (1, 2), lambda: "%q" % 1, lambda: "%(a)s" % {}, lambda: "{}".format(), lambda: "{a}".format(), lambda: "{0.x}".format(1), lambda: "{".format(), lambda: "}".format(), lambda: "{!z}".format(1),
       lambda: "{} {0}".format(1), lambda: "é".encode("ascii"), lambda: b"\xff".decode(), lambda: "x".encode("nope"), lambda: "\ud800".encode(), lambda: "a".center("x"), lambda: "ab".ljust(5, "xy"), lambda: ord("ab"),
       lambda: str(b"\xff", "utf-8"), lambda: "a".translate(None), lambda: str.maketrans("a", "bc"), lambda: "a" < 1, lambda: "%" % 1, lambda: "a".startswith(1), lambda: 1 in "a", lambda: "a".replace("a")]
for action in bad:
    try:
        print(action())
    except Exception as error:
        print(type(error).__name__, error)


class S(str):
    def upper(self): return "overridden"


print(S("x").upper(), S("a") + "b", type(S("a") + "b").__name__, S("k") in {"k": 1}, S("a").join(["x", "y"]), f"{S('q')}", str(S("z")), type(str(S("z"))).__name__)


class HasStr:
    def __str__(self): return "from __str__"


print(str(HasStr()), "%s" % HasStr(), "{}".format(HasStr()), str(), str(None), str(1.0), str([1, "a"]), str(object)[:7])


class BadStr:
    def __str__(self): return 1


try:
    str(BadStr())
except TypeError as error:
    print(error)
built = ""
for i in range(1000):
    built += chr(97 + i % 26) + ("é" if i == 500 else "") + ("😀" if i == 900 else "")
print(len(built), built.count("a"), built[500:505], built.index("é"), built.index("😀"), hash(built) == hash(built[:] + ""))
print(" ".join(f"{ord(c):x}" for c in "aé€😀"), [c for c in "a😀"], list(reversed("ab€")), "".join(sorted("hello world")), "abc".__contains__("b"), "b" not in "abc")
words = "the quick brown fox jumps over the lazy dog the end".split()
print({w: words.count(w) for w in sorted(set(words))}, max(words, key=len), " ".join(w[::-1] for w in words[:3]))
print("x".isidentifier() and not "1x".isidentifier(), "a".__mul__(3), "abc".__getitem__(slice(1)), "{:c}{:c}".format(72, 105), format("s", ">3"), format("", ""), "a\\b\'c")
