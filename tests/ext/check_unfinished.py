import unfinished

refuser = unfinished.Refuser()
for _ in range(100):
    for take in memoryview, bytes, bytearray, b"".startswith:
        try:
            take(refuser)
        except (BufferError, TypeError) as e:
            said = take.__name__, type(e).__name__, str(e)
            if _ == 0:
                print(*said)
print(type(refuser).__name__)
Early = unfinished.early([1])
print(Early.value, Early().value is Early.value, Early.__mro__[1], Early.__name__)

import gc

for size in 1, 2, 5, 100, 5000:
    items = [[i] for i in range(size)]
    popped = [unfinished.pop(items) for _ in range(size - size // 3)]
    gc.collect()
    items.extend([i] for i in range(3))
    popped += [unfinished.pop(items) for _ in range(len(items))]
    items.append("again")
    print(len(items), sum(i for [i] in popped), items)
