"""Text that grows at its end, while earlier and other versions of it are still looked at."""
# suite: stress=100


def repeated(text, part, n):
    for _ in range(n):
        text += part
    return text


def kept(text, part, n):
    """Each version with its hash, taken when it was the longest."""
    versions = []
    for _ in range(n):
        text += part
        versions.append((text, len(text), hash(text)))
    return versions


for start, part in ("", "abc"), ("é", "xyz"), ("\u1234", "x€"), ("\U0001f600", "a😀"), ("abc", "é"):
    text = repeated(start, part, 1500)
    print(ascii(start), len(text), text == start + part * 1500, text.isascii(), ascii(text[-3:]))

    versions = kept(start, part, 600)
    longest = versions[-1][0]
    print(all(len(v) == n and hash(v) == h and longest.startswith(v) for v, n, h in versions))
    print(all(v.encode("utf-8").decode("utf-8") == v and hash(v[:-1] + v[-1]) == h for v, n, h in versions[::50]))

    # Two ways on from the same text.
    left = right = text
    left += "1"
    right += "2"
    print(left[-1], right[-1], left[:-1] == right[:-1] == text, len({left, right, text}))

    # A longer character than the text has had.
    wider = text
    wider += "\U0001f40d"
    print(len(wider) - len(text), wider[:-1] == text, ascii(wider[-1]))


class Name(str):
    pass


text = "k" * 600
text += "ey"
older = text
text += "s"
table = {text: 1, older: 2, Name(text): 3}
print(sorted(table.values()), table["k" * 600 + "eys"], table["k" * 600 + "ey"])
setattr(Name, older, 5)
print(getattr(Name, "k" * 600 + "ey"), older in vars(Name))
print(int(repeated("", "12", 400)) % 97, repeated("", " 7", 300).split().count("7"))
