import os
import sys
import types
import warnings

import oldnames


def complains(f, *args):
    try:
        print("no error:", f(*args))
    except Exception as e:
        print(type(e).__name__, e, {k: getattr(e, k, None) for k in ("name", "path", "filename", "filename2") if hasattr(e, k)})


warnings.simplefilter("always")
warnings.showwarning = lambda message, category, *rest: print(category.__name__, message)


class Special(ImportError):
    pass


print(oldnames.marshal_both_ways([1, "two", (3.0, None), {b"k": {5}}]))
complains(oldnames.marshal_both_ways, object)
complains(oldnames.raise_import, Special, "lost", "there", "/here")
complains(oldnames.raise_import, ValueError, "lost", "there", "/here")
complains(oldnames.raise_import, Special, None, "there", "/here")
complains(oldnames.raise_errno, 2)
complains(oldnames.raise_errno, 2, "one")
complains(oldnames.raise_errno, 17, "one", "two")
print(oldnames.locale_both_ways(b"plain"), oldnames.locale_both_ways("h\u00e9\u20ac".encode()), oldnames.locale_both_ways(b"a\xffb"))
print(oldnames.locale_fails_at())
print(oldnames.call_old(lambda *args: args))
print(oldnames.by_codec("abc", "utf-16-le", 0), oldnames.by_codec("nop", "rot13", 2), oldnames.by_codec("nop", "rot13", 3))
complains(oldnames.by_codec, "abc", "utf-8", 2)
complains(oldnames.by_codec, "abc", "utf-8", 1)
placed = types.ModuleType("placed")
placed.__file__ = "/some/where.py"
print(oldnames.filename(placed))
complains(oldnames.filename, types.ModuleType("bare"))
print(oldnames.set_options(), sys.warnoptions, {k: sys._xoptions[k] for k in ("plain", "key")}, sys.argv)
print(oldnames.wrapped(int.__add__, 3)(4))
prefix, exec_prefix, info = oldnames.places()
print(prefix == sys.prefix, exec_prefix == sys.exec_prefix, info == sys.thread_info)
print(type(oldnames.importer(os.path.abspath(os.sep))).__name__)
