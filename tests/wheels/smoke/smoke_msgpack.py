"""MessagePack, by the extension and not by its Python fallback."""

import datetime
import io

import msgpack
from msgpack import ExtType, Packer, Timestamp, Unpacker, _cmsgpack

assert msgpack.Packer is _cmsgpack.Packer
value = {"a": [1, -1, 2**40, 1.5, None, True, b"raw", "é" * 40], "nested": [[[]], {}, {"k": {"k": ()}}]}
packed = msgpack.packb(value)
print(packed.hex())
print(msgpack.unpackb(packed), msgpack.unpackb(packed, use_list=False))
when = datetime.datetime(2020, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc)
stamped = msgpack.packb(when, datetime=True)
print(stamped.hex(), msgpack.unpackb(stamped, timestamp=3), msgpack.unpackb(stamped))
print(msgpack.unpackb(msgpack.packb(ExtType(5, b"xyz"))), Timestamp.from_unix(1.5).to_bytes().hex())
print(msgpack.packb({1, 2}, default=lambda o: sorted(o)).hex())
unpacker = Unpacker(object_hook=lambda d: sorted(d.items()), max_buffer_size=1 << 20)
for at in range(0, len(packed), 7):
    unpacker.feed(packed[at : at + 7])
print(list(unpacker))
packer = Packer(autoreset=False)
for i in range(300):
    packer.pack([i, str(i), {"n": i}])
print(len(packer.bytes()), sum(x[0] for x in Unpacker(io.BytesIO(packer.bytes()))))
for bad in (b"\xc1", b"\x92\x01", b"\x01\x02", b"\xa1\xff"):
    try:
        print(msgpack.unpackb(bad))
    except Exception as e:
        print(type(e).__name__, e)
try:
    msgpack.packb(object())
except TypeError as e:
    print(str(e).split(" object at")[0])
