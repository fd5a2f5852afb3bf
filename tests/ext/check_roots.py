import gc
import threading

import roots

PLACES = [0, 1, 2, 3, 9999, 19999]


def churn():
    for _ in range(5):
        gc.collect()
        [[i, str(i)] for i in range(2000)]


def check():
    for place in PLACES:
        roots.keep(place, ["value", place, {"n": place * 1000}])
    churn()
    print([roots.kept(place) for place in PLACES])


check()
thread = threading.Thread(target=check)
thread.start()
thread.join()
print(roots.kept(2))
