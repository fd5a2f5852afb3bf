"""Words of a made-up text: split, normalised, counted, indexed and put together again."""

import random
import re
import sys
from collections import Counter, defaultdict


def text(lines, source):
    syllables = ["ka", "lo", "mi", "ner", "tu", "sel", "vo", "ra", "pin", "dor"]
    for _ in range(lines):
        words = ("".join(source.choices(syllables, k=source.randint(1, 4))) for _ in range(12))
        yield " ".join(words).capitalize() + ".\n"


def main(lines):
    source = random.Random(11)
    document = "".join(text(lines, source))
    words = re.findall(r"\w+", document.lower())
    counts = Counter(words)
    index = defaultdict(list)
    for number, line in enumerate(document.splitlines()):
        for word in set(line.rstrip(".").lower().split()):
            index[word].append(number)
    wrapped = "\n".join(line.replace("ka", "KA").strip() for line in document.split("\n"))
    print(len(words), counts.most_common(3), len(index), len(wrapped))


main(int(sys.argv[1]))
