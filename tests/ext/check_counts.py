import gc
import sys

import counts

kept = [["kept", i] for i in range(10)]
if sys.getrefcount(kept) > 1 << 28:
    # Nobody counts: the fault has no effect.
    for o in kept:
        counts.drop(o)
    print("as it should be")
else:
    # The count shows the fault. One more reference makes up for it, before anything dies too early.
    o = kept[0]
    before = sys.getrefcount(o)
    counts.drop(o)
    print("as it should be" if sys.getrefcount(o) == before - 1 else "not counted")
    counts.keep(o)
gc.collect()
print(kept[0], len(kept))
