"""JSON out and in."""

import ujson

value = {"name": "é\u20ac\U0001f600", "list": [1, -2, 3.5, 1e300, None, True, {"deep": [[], {}]}], "big": 2**63 - 1, "": ""}
text = ujson.dumps(value, sort_keys=True)
print(text, ujson.loads(text) == value)
print(ujson.dumps(value, ensure_ascii=False, escape_forward_slashes=False, indent=2))
print(ujson.dumps({1: 2, None: 3, True: 4}), ujson.dumps((1, 2)), ujson.dumps("</a>", encode_html_chars=True))


class Json:
    def __json__(self):
        return '{"own": 1}'


print(ujson.dumps([Json()]), ujson.dumps({1, 2}, default=sorted))
for bad in ("[1,", '{"a"}', "", "[1] x", "nul", '"\\u12"', "1" * 400):
    try:
        print(ujson.loads(bad))
    except (ValueError, OverflowError) as e:
        print(type(e).__name__, e)
for bad in (object(), float("nan"), b"\xff"):
    try:
        print(ujson.dumps(bad, allow_nan=False))
    except Exception as e:
        print(type(e).__name__, str(e).split(" at 0x")[0])
many = [{"id": i, "tags": [str(i)] * 3, "score": i / 4} for i in range(500)]
print(ujson.loads(ujson.dumps(many)) == many)
