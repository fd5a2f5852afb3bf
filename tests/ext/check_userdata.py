import gc

import userdata


def make(n):
    seen = []

    def callback(x):
        seen.append(x)
        gc.collect()
        return x * n + len(seen)

    return callback


for n in range(20):
    userdata.subscribe(make(n))
gc.collect()
print([userdata.fire(x) for x in (1, 10, 100)])
