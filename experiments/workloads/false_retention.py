"""An adversary of conservative scanning: integers in native memory that look like addresses of dead objects.

Long lists that are dropped leave their addresses behind in an array of machine words; reports how many stay.
"""

import array
import gc
import sys
import weakref


class Blob:
    def __init__(self):
        self.body = [None] * 1000


def main(count):
    addresses = array.array("Q")
    references = []
    for _ in range(count):
        blob = Blob()
        addresses.append(id(blob))
        references.append(weakref.ref(blob))
    del blob
    gc.collect()
    import report

    report.value("retained", sum(reference() is not None for reference in references))
    print(len(addresses))


main(int(sys.argv[1]))
