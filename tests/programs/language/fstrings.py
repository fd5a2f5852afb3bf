# f-strings: conversions, nested specs, quotes, debugging form, lambdas, evaluation order, errors.
# suite: gc=none
name, n, x = "World", 42, 3.14159
print(f"Hello {name}! {n:>5}|{n:<5}|{n:^5}|{n:05d}|{n:+}|{n:x}|{n:#b}")
print(f"{x:.2f} {x:8.3f} {x:e} {x!r:>10} {name!s:*^11} {name!a} {'é'!a} {name!r}")
width, precision = 10, 3
print(f"{x:{width}.{precision}} {n:{'>' + str(width)}} {'nested ' + f'{name}'} {f'{f"{n}"}'}")
print(f"{n=} {n = } {n=:>5} {x=!s} {n+1=} {name=}")
print(f"{{literal}} {'quote'} {"same"} {name + "!"} {[i for i in range(3)]} { {'k': 1}['k'] } {(lambda v: v * 2)(4)}")
print(f'{n!r}{n}' f" joined {name}" " plain")
print(f"""multi
{name
 .upper()}
{'''triple'''}""")
print(f"{'a' if n else 'b'} {n if n > 50 else 'small'} {n:,} {1234567.891:,.1f} {0.256:.1%} {n:_d} {10**6:_}")
print(rf"\n{n}\t", f"\N{BULLET} \x41 \u00e9 {'\n'.join(['a', 'b'])!r}")


class Custom:
    def __format__(self, spec): return f"<{spec}>"

    def __str__(self): return "str"

    def __repr__(self): return "repr"


c = Custom()
print(f"{c} {c:abc} {c!s:>5} {c!r} {c:{n}-{name}} {c=} {c=:x}")


def log(v):
    print("evaluating", v)
    return v


print(f"{log(1)} {log(2):{log(3)}} {log('z')}")
import datetime

print(f"{datetime.date(2024, 2, 29):%d.%m.%Y}")
for action in (lambda: f"{n:q}", lambda: f"{name:d}", lambda: f"{[]:5}", lambda: f"{x:.}", lambda: f"{undefined_name}"):
    try:
        print(action())
    except (ValueError, TypeError, NameError) as error:
        print(type(error).__name__, error)
for source in ('f"{}"', 'f"{a b}"', 'f"{a"', 'f"}"', 'f"{a!x}"', 'f"{a!}"', 'f"{lambda x: 1}"', 'f"{a:{b:{c:{d}}}}"', "f'{*a}'"):
    try:
        compile(source, "s", "eval")
        print("compiled", source)
    except SyntaxError as error:
        print(source, error.msg)
print(f"", f"{''}", f"{1}{2}", len(f"{'x' * 1000}"))
print(f"{3.0!r} {1e100} {float('nan')} {-0.0} {1j} {True} {None}")
# A comment within a replacement field.
print(f"{
    n  # the answer
}")
print("%s" % f"{name}", f"{'%d'}" % 5, f"{name[0]}{name[-1]} {name[1:3]}")
