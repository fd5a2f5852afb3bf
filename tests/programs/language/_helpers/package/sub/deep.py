from ..sibling import value as imported
from .. import sibling
from . import __name__ as parent_name
print("importing", __name__, imported, sibling.value, parent_name)
