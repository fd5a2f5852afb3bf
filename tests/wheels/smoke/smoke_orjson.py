"""JSON with dataclasses, dates, UUIDs."""

import dataclasses
import datetime
import enum
import uuid

import orjson


@dataclasses.dataclass
class Item:
    name: str
    price: float
    tags: list


class Colour(enum.Enum):
    RED = "red"


value = {
    "items": [Item("é", 1.5, ["a"]), Item("b", 2e10, [])],
    "when": datetime.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=datetime.timezone.utc),
    "day": datetime.date(1999, 12, 31),
    "time": datetime.time(1, 2, 3),
    "id": uuid.UUID(int=5),
    "colour": Colour.RED,
    "none": None,
    "big": 2**53 - 1,
}
text = orjson.dumps(value)
print(text, orjson.loads(text)["items"])
print(orjson.dumps({"b": 1, "a": [1, 2]}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode())
print(orjson.dumps({1: 2, None: 3, 1.5: 4}, option=orjson.OPT_NON_STR_KEYS))
print(orjson.dumps({1, 2}, default=sorted), orjson.dumps("\u2028\x00<"), orjson.loads(b'[1.0, -0.0, 1e400]' if False else b"[1.0, -0.0]"))
for bad in ("[1,", '{"a"}', "", b"\xff", "nul"):
    try:
        print(orjson.loads(bad))
    except orjson.JSONDecodeError as e:
        print(type(e).__name__, e, e.pos)
for bad in (object(), {1: 2}, 2**64, "\ud800"):
    try:
        print(orjson.dumps(bad))
    except orjson.JSONEncodeError as e:
        print(type(e).__name__, str(e).split(" at 0x")[0])
many = [{"id": i, "tags": [str(i)] * 3, "score": i / 4} for i in range(500)]
print(orjson.loads(orjson.dumps(many)) == many)
