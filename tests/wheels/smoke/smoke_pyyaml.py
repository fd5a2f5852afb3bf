"""YAML by libyaml's bindings."""

import yaml
from yaml import CDumper, CLoader, CSafeLoader

text = """
name: é   # a comment
list: [1, 2.5, null, true, 0x1F, 2020-02-29, 2001-12-14t21:59:43.10-05:00]
nested: &anchor
  - {a: 1, b: "two\\tthree"}
  - |
    literal
    block
again: *anchor
"""
value = yaml.load(text, Loader=CSafeLoader)
print(value, value["again"] is value["nested"])
print(yaml.dump(value, Dumper=CDumper, allow_unicode=True, sort_keys=True))
print([type(e).__name__ for e in yaml.parse("a: [1, {b: c}]", Loader=CLoader)])
print(list(yaml.load_all("--- 1\n--- [2]\n...\n", Loader=CSafeLoader)))
print([t for t in map(repr, yaml.compose("a: b", Loader=CLoader).value)])
for bad in ("a: [1", "\tx", "a: b: c", "%bad", "!!python/object:os.system x"):
    try:
        print(yaml.load(bad, Loader=CSafeLoader))
    except yaml.YAMLError as e:
        print(type(e).__name__, str(e).replace("\n", " | "))


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


def represent(dumper, p):
    return dumper.represent_sequence("!point", [p.x, p.y])


CDumper.add_representer(Point, represent)
CLoader.add_constructor("!point", lambda loader, node: Point(*loader.construct_sequence(node)))
shown = yaml.dump([Point(1, 2)], Dumper=CDumper)
print(shown, [(p.x, p.y) for p in yaml.load(shown, Loader=CLoader)])
many = [{"id": i, "tags": [str(i)] * 2} for i in range(100)]
print(yaml.load(yaml.dump(many, Dumper=CDumper), Loader=CSafeLoader) == many)
