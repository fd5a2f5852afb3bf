# t-strings: Template and Interpolation objects.
from string.templatelib import Interpolation, Template

name, n = "World", 42
t = t"Hello {name!r:>10} and {n + 1=}!"
print(type(t) is Template, t.strings, t.values)
for i in t.interpolations:
    print(i.value, i.expression, i.conversion, i.format_spec)
print([part if isinstance(part, str) else part.expression for part in t])
print(t"".strings, t"{n}".strings, t"{n}{name}".strings, t"plain".interpolations)


def render(template):
    out = []
    for part in template:
        if isinstance(part, Interpolation):
            value = {"r": repr, "s": str, "a": ascii, None: lambda v: v}[part.conversion](part.value)
            out.append(format(value, part.format_spec).upper())
        else:
            out.append(part)
    return "".join(out)


print(render(t), render(t"a{name}b{n:05}c"))
print((t"a{n}" + t"b{name}").strings, (t"x" t"{n}").strings)
try:
    t"a" + "b"
except TypeError as error:
    print(error)
width = 8
nested = t"{n:{width}d}"
print(nested.interpolations[0].format_spec, nested.interpolations[0].value)
made = Template("one ", Interpolation(5, "five", "r", "x"), " two", " three")
print(made.strings, made.interpolations[0].expression, repr(made))
match t"{n}".interpolations[0]:
    case Interpolation(value, expression):
        print(value, expression)
lazy = t"{[i for i in range(3)]}"
print(lazy.values[0], lazy.interpolations[0].expression)
print(t"{ n }".interpolations[0].expression, t"{n = }".strings, rt"\n{n}".strings)
inner = t"{t'{n}'}"
print(type(inner.values[0]).__name__)
try:
    Interpolation(1, "e", "z")
except ValueError as error:
    print(error)
try:
    made.strings = ()
except AttributeError as error:
    print(type(error).__name__)
try:
    class Sub(Template):
        pass
except TypeError as error:
    print(error)
