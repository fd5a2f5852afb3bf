print("importing", __name__)
from . import sibling
value = sibling.value + 1
__all__ = ["value", "sub"]
hidden = "not in __all__"
