import gc

import containers
import native

for i in range(500):
    native.push([i, {"n": i}])
    containers.add(f"name {i}", [str(i)] * 3)
for _ in range(5):
    gc.collect()
    [[i] for i in range(3000)]
print(sum(pair[0] + pair[1]["n"] for pair in native.all()), native.all()[3])
print(containers.count())
native.clear()
print(native.all())
try:
    containers.raise_()
except LookupError as e:
    print(e)
