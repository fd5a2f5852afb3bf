# A small language: tokens, parser, tree-walking evaluator. Classes, dictionaries, exceptions, closures, strings.
# suite: gc=none stress=9973
class Error(Exception):
    pass


def tokens(source):
    i = 0
    while i < len(source):
        c = source[i]
        if c.isspace():
            i += 1
        elif c.isdigit():
            j = i
            while j < len(source) and (source[j].isdigit() or source[j] == "."):
                j += 1
            yield "number", float(source[i:j]) if "." in source[i:j] else int(source[i:j])
            i = j
        elif c.isalpha():
            j = i
            while j < len(source) and source[j].isalnum():
                j += 1
            yield "name", source[i:j]
            i = j
        elif c == '"':
            j = source.index('"', i + 1)
            yield "string", source[i + 1 : j]
            i = j + 1
        elif c in "()'":
            yield c, c
            i += 1
        elif c in "+-*/<=>":
            yield "name", c
            i += 1
        else:
            raise Error(f"unexpected {c!r} at {i}")


class Symbol(str):
    pass


def parse(source):
    stack = [[]]
    for kind, value in tokens(source):
        if kind == "(":
            stack.append([])
        elif kind == ")":
            if len(stack) == 1:
                raise Error("unbalanced )")
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(Symbol(value) if kind == "name" else value)
    if len(stack) > 1:
        raise Error("missing )")
    return stack[0]


class Scope(dict):
    def __init__(self, names=(), values=(), parent=None):
        super().__init__(zip(names, values))
        self.parent = parent

    def find(self, name):
        scope = self
        while scope is not None:
            if name in scope:
                return scope
            scope = scope.parent
        raise Error(f"unknown {name}")


def evaluate(x, scope):
    while True:
        if isinstance(x, Symbol):
            return scope.find(x)[x]
        if not isinstance(x, list):
            return x
        match x:
            case []:
                return None
            case ["if", test, yes, no]:
                x = yes if evaluate(test, scope) else no
            case ["define", [name, *parameters], *body]:
                scope[name] = Function(parameters, body, scope)
                return None
            case ["define", name, value]:
                scope[name] = evaluate(value, scope)
                return None
            case ["set", name, value]:
                scope.find(name)[name] = evaluate(value, scope)
                return None
            case ["lambda", parameters, *body]:
                return Function(parameters, body, scope)
            case ["begin", *body]:
                for part in body[:-1]:
                    evaluate(part, scope)
                x = body[-1]
            case [function, *arguments]:
                f = evaluate(function, scope)
                values = [evaluate(argument, scope) for argument in arguments]
                if not isinstance(f, Function):
                    return f(*values)
                scope = Scope(f.parameters, values, f.scope)
                x = [Symbol("begin"), *f.body]


class Function:
    def __init__(self, parameters, body, scope): self.parameters, self.body, self.scope = parameters, body, scope


import operator

builtin = Scope()
builtin.update({"+": lambda *v: sum(v), "-": operator.sub, "*": operator.mul, "/": operator.truediv, "<": operator.lt, "=": operator.eq, ">": operator.gt,
                "list": lambda *v: list(v), "head": lambda l: l[0], "tail": lambda l: l[1:], "empty": lambda l: not l, "cons": lambda h, t: [h, *t], "print": print})
program = """
(define (fact n) (if (< n 2) 1 (* n (fact (- n 1)))))
(define (loop n acc) (if (= n 0) acc (loop (- n 1) (+ acc n))))
(define (map f l) (if (empty l) l (cons (f (head l)) (map f (tail l)))))
(define (counter) (begin (define n 0) (lambda () (begin (set n (+ n 1)) n))))
(define c (counter))
(print (fact 30) (loop 20000 0) (map (lambda (x) (* x 1.5)) (list 1 2 3)))
(print (c) (c) (c) "a string")
"""
for expression in parse(program):
    evaluate(expression, builtin)
for bad in ("(", ")", "(f 1)", "$", "(+ 1 (head (list)))", "(fact 1 2"):
    try:
        for expression in parse(bad):
            print(evaluate(expression, Scope(parent=builtin)))
    except (Error, IndexError) as error:
        print(type(error).__name__, error)
