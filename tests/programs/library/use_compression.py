# suite: stress=997
"""bz2, lzma and compression.zstd: round trips, streams in pieces, formats, errors, and objects that die in the middle."""
import bz2
import gc
import io
import lzma
from compression import zstd

DATA = b"".join(b"line %d of the text\n" % i for i in range(2000))

for module in (bz2, lzma, zstd):
    packed = module.compress(DATA)
    print(module.__name__, module.decompress(packed) == DATA, len(packed) < len(DATA) // 4)
    print(module.decompress(packed + packed) == DATA + DATA)

# Pieces, and no more output at once than asked for.
for make, packed in (
    (bz2.BZ2Decompressor, bz2.compress(DATA)),
    (lzma.LZMADecompressor, lzma.compress(DATA)),
    (zstd.ZstdDecompressor, zstd.compress(DATA)),
):
    d = make()
    out = [d.decompress(packed[:50], 10)]
    rest = packed[50:] + b"behind"
    while not d.eof:
        piece = b""
        if d.needs_input:
            piece, rest = rest[:37], rest[37:]
        out.append(d.decompress(piece, 1000))
    print(max(map(len, out)), b"".join(out) == DATA, (d.unused_data + rest) == b"behind", d.needs_input)
    try:
        d.decompress(b"")
    except EOFError as e:
        print("EOFError:", e)

# Formats of LZMA.
filters = [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 3}]
raw = lzma.compress(DATA, format=lzma.FORMAT_RAW, filters=filters)
print(lzma.decompress(raw, format=lzma.FORMAT_RAW, filters=filters) == DATA)
alone = lzma.compress(DATA, format=lzma.FORMAT_ALONE)
print(alone[:1], lzma.decompress(alone) == DATA)
print(lzma._decode_filter_properties(lzma.FILTER_LZMA1, lzma._encode_filter_properties({"id": lzma.FILTER_LZMA1, "lc": 2})))
d = lzma.LZMADecompressor()
d.decompress(lzma.compress(b"x", check=lzma.CHECK_SHA256))
print(d.check == lzma.CHECK_SHA256)

# Dictionaries of Zstandard.
samples = [b"key=%d;name=%d;" % (i, i * i) * 5 for i in range(300)]
dictionary = zstd.train_dict(samples, 2048)
packed = zstd.compress(samples[7], zstd_dict=dictionary)
print(zstd.decompress(packed, zstd_dict=dictionary) == samples[7], zstd.get_frame_info(packed).dictionary_id == dictionary.dict_id)

with zstd.open(buffer := io.BytesIO(), "wt") as f:
    f.write("text\n" * 10)
with zstd.open(io.BytesIO(buffer.getvalue()), "rt") as f:
    print(f.read().count("text"))
del f

for attempt in (
    lambda: bz2.decompress(b"not bzip2 at all"),
    lambda: lzma.decompress(b"not xz"),
    lambda: zstd.decompress(b"not zstd, really"),
    lambda: bz2.BZ2Compressor(10),
    lambda: lzma.LZMACompressor(format=lzma.FORMAT_RAW),
    lambda: zstd.ZstdCompressor(level=1000),
    lambda: zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 99}),
):
    try:
        attempt()
    except Exception as e:
        print(type(e).__name__, e)

for i in range(50):
    c = [bz2.BZ2Compressor(1), zstd.ZstdCompressor(), lzma.LZMACompressor(preset=0)]
    for one in c:
        one.compress(DATA[: i * 100])
gc.collect()
print("done")
