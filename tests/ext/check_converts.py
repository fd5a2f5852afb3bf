import converts

TEXTS = "1.5", "-2e3", "1+2j", "1.e5x", ".5", "1e", "1e+", "2.5e-1)", "inf", "-Infinityx", "nan(", "1_000", "1e400", "-1e400", "", "-", ".", " 1", "1 ", "x"
for text in TEXTS:
    for whole in False, True:
        for strict in False, True:
            try:
                print(repr(text), whole, strict, *map(repr, converts.number(text, whole, strict)))
            except (ValueError, OverflowError) as e:
                print(repr(text), whole, strict, type(e).__name__, e)
print(converts.Told().__module__, type(converts.Told.__module__).__name__)
print(converts.Silent.__module__, converts.Silent)
