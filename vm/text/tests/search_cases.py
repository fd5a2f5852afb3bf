"""Writes search_cases.txt: results of str methods on generated strings (CPython 3.14)."""
import random

rng = random.Random(3)
ALPHABETS = ["ab", "ab ", "aé\n\r", "aĀb ", "aĀ\U00010000", "a\u2028\x85 \x1c", "\x01\u0100"]


def codes(text):
    return ".".join("%x" % ord(c) for c in text) or "-"


def listed(parts):
    return "|".join(map(codes, parts))


def word(alphabet, limit):
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(limit)))


with open("search_cases.txt", "w") as out:
    for i in range(300):
        alphabet = rng.choice(ALPHABETS)
        hay, needle, new = word(alphabet, rng.choice([6, 20, 60])), word(alphabet, rng.choice([2, 4, 9])), word(rng.choice(ALPHABETS), 3)
        if i % 10 == 0:
            needle = hay[len(hay) // 3: len(hay) * 2 // 3]
        if i % 50 == 0:
            unit = word(alphabet, 4)
            hay, needle = unit * 60 + needle + unit * 30, unit * 17 + needle
        k = rng.choice([-1, -1, 0, 1, 2, 5])
        results = [
            hay.find(needle), hay.rfind(needle), hay.count(needle), codes(hay.replace(needle, new, k)), listed(hay.split(None, k)),
            listed(hay.rsplit(None, k)), listed(hay.splitlines()), listed(hay.splitlines(True)), codes(hay.strip()), codes(hay.strip(needle)),
            listed(hay.split(needle, k)) if needle else "", listed(hay.rsplit(needle, k)) if needle else "",
        ]
        print(codes(hay), codes(needle), codes(new), k, *results, sep="\t", file=out)
