# Imports: packages, relative imports, circles, failures, reload, module attributes, hooks, __main__.
# suite: stress=997
import os.path
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "_helpers"))

import package
import package.sub.deep as deep
from package import sibling, value as v
from package.sub import deep as again

print(package.value, v, deep is again, package.sub.deep is deep, sibling.lazy, dir(sibling))
try:
    sibling.unknown
except AttributeError as error:
    print(error)
namespace = {}
exec("from package import *", namespace)
print(sorted(name for name in namespace if not name.startswith("__")))
namespace = {}
exec("from package.sibling import *", namespace)
print(sorted(name for name in namespace if not name.startswith("__")))

import circular_a

for _ in range(2):
    try:
        import broken
    except ValueError as error:
        print(error, "broken" in sys.modules)

for statement in ("import nothing_like_it", "import package.nothing", "from package import nothing", "from package.sub import deeper",
                  "import package.sibling.value", "from . import x", "from .. import y"):
    try:
        exec(statement, {"__name__": "__main__", "__package__": None})
    except ImportError as error:
        print(type(error).__name__, str(error).split(" (")[0], error.name)

print(package.__name__, package.__package__, package.sub.__path__ != [], package.__spec__.name, package.sibling.__spec__.parent)
print(os.path.basename(package.__file__), package.__loader__.__class__.__name__, package.sibling.__cached__ is not None)
import importlib

sibling.value = "changed"
print(importlib.reload(sibling).value)
sys.modules["package.sibling"] = "replaced"
import package.sibling as replaced
from package import sibling as attribute

print(replaced if isinstance(replaced, str) else "attribute wins", attribute is sibling)
sys.modules["blocked"] = None
try:
    import blocked
except ImportError as error:
    print(type(error).__name__, error)


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("virtual"):
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, Finder, is_package=name == "virtual")

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        module.made = f"made {module.__name__}"


sys.meta_path.append(Finder)
import virtual.part

print(virtual.made, virtual.part.made)
import types

module = types.ModuleType("handmade", "Its doc.")
module.x = 1
sys.modules["handmade"] = module
from handmade import x

print(x, module, module.__doc__, vars(module)["x"])
original = __builtins__.__import__


def logging_import(name, *args, **kwargs):
    print("import", name)
    return original(name, *args, **kwargs)


__builtins__.__import__ = logging_import
import math
from math import floor as f

__builtins__.__import__ = original
print(f(2.5), __name__, __spec__)


def local_import():
    from math import ceil
    return ceil(2.1)


print(local_import(), importlib.import_module(".deep", "package.sub") is deep, importlib.util is not None if hasattr(importlib, "util") else True)
print(sys.modules["__main__"].__file__ == os.path.abspath(__file__))
