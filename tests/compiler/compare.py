"""Compare the compiler with the Python that runs this script, over whole files and over snippets that must fail.

usage: compare.py SERVER files DIR|FILE...     code objects, field by field
       compare.py SERVER round DIR|FILE...     the same, compiled by way of syntax trees
       compare.py SERVER trees DIR|FILE...     syntax trees, node by node, with places
       compare.py SERVER tokens DIR|FILE...    tokens, of files and of the snippets in them
       compare.py SERVER symtables DIR|FILE... symbol tables, block by block
       compare.py SERVER snippets FILE...      every snippet found in the docstrings and strings of test files:
                                               the error's class, message and place, or the code
"""
import ast, collections, marshal, os, struct, subprocess, sys, types, warnings

FIELDS = ("co_argcount co_posonlyargcount co_kwonlyargcount co_stacksize co_flags co_code co_names co_varnames "
          "co_cellvars co_freevars co_filename co_name co_qualname co_firstlineno co_linetable co_exceptiontable").split()
ENDINGS = {SyntaxError: "Syntax", IndentationError: "Indentation", TabError: "Tab", RecursionError: "Recursion",
           MemoryError: "Memory", ValueError: "Value", OverflowError: "Overflow"}


class Server:
    def __init__(self, path):
        self.path = path
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def compile(self, source, filename, mode="exec", optimize=0, flags=0):
        """("code", code) or ("error", tuple), and the warnings."""
        found = []
        try:
            pipe = self.process.stdin
            pipe.write(b"%s %d %d %d %s\n" % (mode.encode(), optimize, flags, len(source), filename.encode()) + source)
            pipe.flush()
            while True:
                kind, length = self.process.stdout.readline().split()
                body = self.process.stdout.read(int(length))
                if kind != b"warning":
                    break
                found.append(ast.literal_eval(body.decode()))
        except (ValueError, BrokenPipeError):
            self.process.wait()
            self.start()
            return ("error", ("Crash",)), found
        if kind in (b"code", b"ast"):
            return (kind.decode(), marshal.loads(body)), found
        return ("error", ast.literal_eval(body.decode())), found


def reference(source, filename, mode="exec", optimize=0, flags=0):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = "code", compile(source, filename, mode, flags=flags, dont_inherit=True, optimize=optimize)
        except SyntaxError as error:
            kind = ENDINGS.get(type(error), type(error).__name__)
            place = error.filename, error.lineno, error.offset, error.text, error.end_lineno, error.end_offset
            result = "error", (kind, error.args[0], *(place if error.lineno is not None else ()))
        except (RecursionError, MemoryError, OverflowError, ValueError) as error:
            result = "error", (ENDINGS.get(type(error), type(error).__name__), *error.args)
    return result, [(str(w.message), w.lineno) for w in caught]


def same_constant(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, types.CodeType):
        return True
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same_constant, a, b))
    if isinstance(a, frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    return repr(a) == repr(b)


def differences(ours, theirs, path="<module>"):
    for field in FIELDS:
        a, b = getattr(ours, field), getattr(theirs, field)
        if a != b:
            yield path, field, a, b
    if not same_constant(ours.co_consts, theirs.co_consts):
        yield path, "co_consts", ours.co_consts, theirs.co_consts
    mine = [c for c in ours.co_consts if isinstance(c, types.CodeType)]
    yours = [c for c in theirs.co_consts if isinstance(c, types.CodeType)]
    for a, b in zip(mine, yours):
        yield from differences(a, b, f"{path}.{b.co_name}")


def count(code):
    return 1 + sum(count(c) for c in code.co_consts if isinstance(c, types.CodeType))


def files(server, roots, mode="exec"):
    tally = collections.Counter()
    for path in sorted(p for root in roots for p in sources(root)):
        with open(path, "rb") as file:
            source = file.read()
        for optimize in (0, 2):
            (kind, want), want_warnings = reference(source, path, optimize=optimize)
            (mine, got), got_warnings = server.compile(source, path, mode, optimize=optimize)
            tally["files"] += 1
            if kind != mine or kind == "error" and want != got:
                tally["outcome"] += 1
                print(f"{path} -O{optimize}: {mine} {got if mine == 'error' else ''} | {kind} {want if kind == 'error' else ''}")
                continue
            if [w[:2] for w in got_warnings] != want_warnings:
                tally["warnings"] += 1
                print(f"{path} -O{optimize}: warnings {got_warnings} | {want_warnings}")
            if kind == "code":
                tally["codes"] += count(want)
                for where, field, a, b in differences(got, want):
                    tally[field] += 1
                    print(f"{path} -O{optimize}: {where}: {field}\n    {str(a)[:300]}\n    {str(b)[:300]}")
    print(dict(tally))


def sources(root):
    if os.path.isfile(root):
        yield root
    for folder, _, names in os.walk(root):
        yield from (os.path.join(folder, name) for name in names if name.endswith(".py") and os.path.exists(os.path.join(folder, name)))


def plain(value):
    """A node of the reference as the server writes it."""
    if isinstance(value, ast.AST):
        name = type(value).__name__
        if not value._fields and not value._attributes:
            return name
        place = None
        if value._attributes:
            place = tuple(str(getattr(value, a)) for a in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
        fields = []
        for field in value._fields:
            item = getattr(value, field, None)
            constant = (name, field) in {("Constant", "value"), ("MatchSingleton", "value"), ("Interpolation", "str")}
            fields.append(plain_constant(item) if constant else plain(item))
        return name, place, tuple(fields)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str) else str(value)


def plain_constant(value):
    if value is None or value is ... or isinstance(value, bool):
        return "const", str(value)
    if isinstance(value, float):
        return "float", str(struct.unpack("<Q", struct.pack("<d", value))[0])
    if isinstance(value, complex):
        return "complex", str(struct.unpack("<Q", struct.pack("<d", value.imag))[0])
    return ("#int", str(value)) if isinstance(value, int) else (type(value).__name__, value)


def normal(tree):
    """Integers that the server leaves in their source's base."""
    if isinstance(tree, tuple):
        if len(tree) == 2 and tree[0] == "#int":
            return "#int", str(int(tree[1], 0))
        return tuple(map(normal, tree))
    return [normal(item) for item in tree] if isinstance(tree, list) else tree


def tree_differences(a, b, path=""):
    if type(a) is not type(b) or not isinstance(a, (tuple, list)) or len(a) != len(b):
        if a != b:
            yield path, a, b
        return
    if isinstance(a, tuple) and len(a) == 3 and isinstance(a[0], str):
        if a[:2] != b[:2]:
            yield path, a[:2], b[:2]
        path += "." + b[0]
    for x, y in zip(a, b):
        yield from tree_differences(x, y, path)


def trees(server, roots):
    tally = collections.Counter()
    sys.set_int_max_str_digits(0)
    for path in sorted(p for root in roots for p in sources(root)):
        with open(path, "rb") as file:
            source = file.read()
        try:
            want = ast.parse(source)
        except SyntaxError:
            continue
        tally["files"] += 1
        (kind, got), _ = server.compile(source, path, "ast-exec")
        if kind != "ast":
            tally["outcome"] += 1
            print(f"{path}: {got}")
            continue
        for where, a, b in tree_differences(normal(got), plain(want)):
            tally["nodes"] += 1
            print(f"{path}: {where}\n    {str(a)[:300]}\n    {str(b)[:300]}")
    print(dict(tally))


def snippets_of(path):
    """The examples in doctests, and every multi-word string constant."""
    import doctest
    with open(path, "rb") as file:
        tree = ast.parse(file.read())
    seen = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))):
            continue
        text = node.value
        if isinstance(text, str) and ">>>" in text:
            try:
                examples = doctest.DocTestParser().get_examples(text)
            except ValueError:
                examples = []
            for example in examples:
                seen.add((example.source, "single"))
                seen.add((example.source, "exec"))
        else:
            if isinstance(text, bytes):
                try:
                    text = text.decode()
                except UnicodeDecodeError:
                    continue
            if len(text) > 1 and "\ud800" not in ascii(text):
                seen.add((text, "exec"))
                seen.add((text, "eval"))
    return sorted(seen)


def reference_tokens(text):
    import _tokenize, io
    found = []
    try:
        for kind, string, start, end, line in _tokenize.TokenizerIter(io.StringIO(text, newline="").readline, extra_tokens=True):
            found.append((*map(str, (kind, *start, *end)), string, line))
    except SyntaxError as error:
        kind = ENDINGS.get(type(error), type(error).__name__)
        place = error.args[1] if len(error.args) > 1 else (error.filename, error.lineno, error.offset, error.text)
        found.append((kind, error.args[0], *place))
    return found


def tokens(server, roots):
    tally = collections.Counter()
    for path in sorted(p for root in roots for p in sources(root)):
        with open(path, "rb") as file:
            source = file.read()
        try:
            texts = [source.decode(), *(text for text, mode in snippets_of(path) if mode == "exec")]
        except (UnicodeDecodeError, SyntaxError):
            continue
        for text in texts:
            try:
                source = text.encode()
            except UnicodeEncodeError:
                continue
            if "\0" in text:
                continue
            want = reference_tokens(text)
            (_, got), _ = server.compile(source, "<x>", "tokens-exec", flags=0x800)
            got = [ast.literal_eval(t) if isinstance(t, str) else t for t in got]
            tally["texts"] += 1
            for a, b in zip(got + [None] * len(want), want):
                b = b if len(b) == 7 and b[0].isdigit() else tuple(x for x in b if x is not None)
                a = a if a is None or a[0].isdigit() else tuple(x for x in a if x is not None)
                if a != b:
                    tally["differ"] += 1
                    print(f"{path}: {text[:200]!r}\n    {a}\n    {b}")
                    break
    print(dict(tally))


def plain_block(entry):
    numbers = str([int(entry.type), int(entry.nested), entry.lineno])
    symbols = tuple(f"{name} {flags}" for name, flags in entry.symbols.items())
    return entry.name, numbers, symbols, tuple(entry.varnames), tuple(map(plain_block, entry.children)), None


def block_differences(a, b, path):
    for name, x, y in zip(("name", "numbers", "symbols", "varnames"), a, b):
        if (sorted(x) != sorted(y)) if name == "symbols" else x != y:
            yield path + b[0], name, sorted(set(x) ^ set(y)) if name == "symbols" else (x, y)
    if len(a[4]) != len(b[4]):
        yield path + b[0], "children", ([c[0] for c in a[4]], [c[0] for c in b[4]])
    for x, y in zip(a[4], b[4]):
        yield from block_differences(x, y, path + b[0] + ".")


def symtables(server, roots):
    import _symtable
    tally = collections.Counter()
    for path in sorted(p for root in roots for p in sources(root)):
        with open(path, "rb") as file:
            source = file.read()
        try:
            want = plain_block(_symtable.symtable(source.decode(), path, "exec"))
        except (SyntaxError, UnicodeDecodeError):
            continue
        kind, got = server.compile(source, path, "symtable-exec")[0]
        tally["files"] += 1
        if kind == "error":
            tally["outcome"] += 1
            print(f"{path}: {got}")
            continue
        for where, what, values in block_differences(got, want, ""):
            tally[what] += 1
            print(f"{path}: {where}: {what}\n    {values}")
    print(dict(tally))


def snippets(server, paths):
    tally = collections.Counter()
    for path in sorted(p for root in paths for p in sources(root)):
        for text, mode in snippets_of(path):
            try:
                source = text.encode()
            except UnicodeEncodeError:
                continue
            (kind, want), want_warnings = reference(text, "<x>", mode)
            (mine, got), got_warnings = server.compile(source, "<x>", mode, flags=0x800)
            tally[kind] += 1
            if kind != mine:
                tally["outcome"] += 1
                print(f"OUTCOME {mode} {text!r}\n    got  {got}\n    want {want}")
            elif kind == "error" and got != want:
                what = "class" if got[0] != want[0] else "message" if got[1] != want[1] else "place"
                tally[what] += 1
                print(f"{what.upper()} {mode} {text!r}\n    got  {got}\n    want {want}")
            elif kind == "code":
                found = list(differences(got, want))
                for where, field, a, b in found:
                    tally[field] += 1
                    print(f"CODE {mode} {text!r}: {where}: {field}\n    {str(a)[:300]}\n    {str(b)[:300]}")
            if [w[:2] for w in got_warnings] != want_warnings:
                tally["warnings"] += 1
                print(f"WARN {mode} {text!r}\n    got  {got_warnings}\n    want {want_warnings}")
    print(dict(tally))


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    warnings.simplefilter("ignore")
    {"files": files, "round": lambda s, r: files(s, r, "round-exec"), "trees": trees, "tokens": tokens, "symtables": symtables, "snippets": snippets}[sys.argv[2]](Server(sys.argv[1]), sys.argv[3:])
