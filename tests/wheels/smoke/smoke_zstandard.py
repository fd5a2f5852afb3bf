"""Zstandard."""

import io

import zstandard as zstd

data = b"".join(b"line %d of some text\n" % (i % 97) for i in range(5000))
packed = zstd.ZstdCompressor(level=5, write_content_size=True).compress(data)
print(len(packed) < len(data) // 10, zstd.ZstdDecompressor().decompress(packed) == data, zstd.frame_content_size(packed))
c = zstd.ZstdCompressor().compressobj()
stream = b"".join(c.compress(data[i : i + 1000]) for i in range(0, len(data), 1000)) + c.flush()
d = zstd.ZstdDecompressor().decompressobj()
print(b"".join(d.decompress(stream[i : i + 77]) for i in range(0, len(stream), 77)) == data)
out = io.BytesIO()
with zstd.ZstdCompressor(threads=2).stream_writer(out, closefd=False) as w:
    w.write(data)
with zstd.ZstdDecompressor().stream_reader(io.BytesIO(out.getvalue())) as r:
    print(r.read(20), len(r.readall()))
samples = [b"name=%d;value=%d" % (i, i * i) for i in range(2000)]
trained = zstd.train_dictionary(2048, samples)
small = zstd.ZstdCompressor(dict_data=trained).compress(samples[7])
print(zstd.ZstdDecompressor(dict_data=trained).decompress(small), len(trained.as_bytes()) <= 2048)
frames = zstd.ZstdCompressor().multi_compress_to_buffer([b"a" * 100, b"b" * 200]) if hasattr(zstd.ZstdCompressor, "multi_compress_to_buffer") else []
print([len(f) > 0 for f in frames], zstd.get_frame_parameters(packed).window_size > 0)
for bad in (lambda: zstd.ZstdDecompressor().decompress(b"junk"), lambda: zstd.ZstdCompressor(level=99), lambda: zstd.ZstdDecompressor().decompress(packed[:30])):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
