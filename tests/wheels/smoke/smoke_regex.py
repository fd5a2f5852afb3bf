"""Regular expressions beyond `re`."""

import regex

print(regex.findall(r"\p{Lu}\p{Ll}+", "Élan Vital über Ñandú"), regex.sub(r"(?P<a>\d+)", r"<\g<a>>", "a1b22"))
print(regex.fullmatch(r"(?:cats|cat){e<=1}", "cat s"), regex.search(r"(?b)(?:fuzzy){e<=2}", "a fuzy one").span())
m = regex.match(r"(?:(\w)(\d)\s*)+", "a1 b2 c3")
print(m.captures(1), m.captures(2), m.spans(1), m.allcaptures() if hasattr(m, "allcaptures") else None)
print(regex.findall(r"(?<=a+)b", "aaab b ab"), regex.findall(r"\X", "e\u0301a"), regex.split(r"(?V1)(?=[A-Z])", "oneTwoThree"))
print(regex.match(r"\((?:[^()]|(?R))*\)", "(a(b)c)d").group(), regex.search(r"(?i)STRASSE", "straße", regex.FULLCASE))
print(regex.findall(r"\b\w+\b", "overlap", overlapped=True), regex.escape("a.b*c"), regex.compile(r"x(?P<n>y)?").groupindex)
print(regex.subf(r"(\w+) (\w+)", "{2} {1}", "hello world"), [m.start() for m in regex.finditer("a", "banana")])
print(regex.match(r"(?|(a)|(b))", "b").groups(), regex.search(r"[[a-z]--[aeiou]]+", "aeibcd", regex.V1).group())
for bad in ("(", "[a", "a{2,1}", r"\p{Nothing}", "(?P<n>a)(?P<n"):
    try:
        regex.compile(bad)
    except regex.error as e:
        print(type(e).__name__, e)
text = " ".join(f"word{i} {i * 7 % 13}" for i in range(2000))
print(len(regex.findall(r"\bword(\d+) (\d+)\b", text)), sum(int(x) for x in regex.findall(r" (\d+)(?: |$)", text)))
