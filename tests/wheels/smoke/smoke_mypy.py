"""A program is checked, by the compiled checker."""

import os
import tempfile

from mypy import api, checker

SOURCE = """
from dataclasses import dataclass
@dataclass
class Point:
    x: int
    y: int = 0
def norm(p: Point) -> float:
    return (p.x ** 2 + p.y ** 2) ** 0.5
norm(Point("a"))
reveal_type([norm(p) for p in [Point(1)]])
values: dict[str, list[int]] = {"a": [1, "b"]}
"""
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "program.py")
    with open(path, "w") as file:
        file.write(SOURCE)
    out, errors, status = api.run([path, "--cache-dir", os.devnull, "--no-site-packages"])
print(out.replace(folder, ""), errors, status)
print(checker.__file__.rpartition(".")[2])
