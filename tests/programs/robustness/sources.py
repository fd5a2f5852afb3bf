# suite: stress=no
# Sources that no compiler likes: random bytes, random tokens, deep nesting. Each is refused or compiled, and the process lives.
import random
import warnings

warnings.simplefilter("ignore")
TOKENS = """if else elif while for in def class return yield await async with as try except finally lambda import from raise del pass
not and or is None True ( ) [ ] { } : , . ; = == != < > + - * ** / // % @ -> := ~ ^ & | << >> ... 1 2.5 1j 'a' "b" f'{x}' r'\\' b'c' x y z _
\n \n \n \t \n\t \n\t\t # \\\n 0x 1_ ' \" ''' f' f'{ '{x!r:>{y}}'""".split(" ")


def verdict(source):
    try:
        compile(source, "<random>", "exec")
    except (SyntaxError, ValueError, UnicodeDecodeError) as error:
        return "refused"
    except (MemoryError, RecursionError) as error:
        return "too deep"
    return "compiled"


seen = set()
for seed in range(1500):
    chance = random.Random(seed)
    seen.add(verdict(chance.randbytes(chance.randrange(1, 120))))
print("bytes", "refused" in seen, seen <= {"refused", "compiled"})
seen = set()
for seed in range(3000):
    chance = random.Random(seed)
    seen.add(verdict(" ".join(chance.choice(TOKENS) for _ in range(chance.randrange(1, 25)))))
print("tokens", sorted(seen))
seen = set()
for seed in range(1000):
    chance = random.Random(seed)
    seen.add(verdict("".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x3000), chance.randrange(0x110000)))) for _ in range(40))))
print("characters", seen <= {"refused", "compiled"})

DEPTH = 100_000
for name, source in {
    "parentheses": "(" * DEPTH + ")" * DEPTH,
    "unclosed": "(" * 150,
    "calls": "f(" * 300 + ")" * 300,
}.items():
    try:
        compile(source, "<deep>", "eval")
        print(name, "compiled")
    except (SyntaxError, MemoryError) as error:
        print(name, type(error).__name__, error)
for name, source in {
    "minus": "-" * DEPTH + "1",
    "not": "not " * DEPTH + "1",
    "attributes": "x" + ".x" * DEPTH,
    "subscripts": "x" + "[0]" * DEPTH,
    "powers": "1" + "**1" * DEPTH,
    "sums": "1" + "+x" * DEPTH,
    "conditions": "x if x else " * DEPTH + "x",
    "lambdas": "lambda: " * DEPTH + "x",
    "awaits": "await " * DEPTH + "x",
    "stars": "*" * DEPTH + "x",
    "blocks": "".join(" " * n + "if x:\n" for n in range(99)) + " " * 99 + "pass",
    "too many blocks": "".join(" " * n + "if x:\n" for n in range(150)) + " " * 150 + "pass",
    "loops": "".join(" " * n + "for x in x:\n" for n in range(30)) + " " * 30 + "pass",
    "functions": "".join(" " * n + "def f():\n" for n in range(90)) + " " * 90 + "pass",
    "else": "if x: pass\n" + "elif x: pass\n" * 3000,
    "strings": "'a' " * DEPTH,
    "f-strings": "f'{" * 160 + "}'" * 160,
    "line": "x = 1;" * DEPTH,
    "names": "(" + "x," * DEPTH + ")",
    "digits": "9" * 5000,
}.items():
    print(name, verdict(source) != "nothing")
