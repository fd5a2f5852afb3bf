import sys

import singletons

for _ in range(100):
    made = singletons.made()
print(made)
same = "", "", "", "", "a", "é", b"", b"", b"x", (), 256
print([a is b for a, b in zip(made, same, strict=True)])
print({sys.getrefcount(o) >= 1 << 30 for o in made})
for negative in True, False:
    try:
        singletons.refused(negative)
    except SystemError as e:
        print(e)
