# suite: stress=997
"""hashlib and hmac: digests by name, copies, codes and keys derived from passwords."""
import hashlib
import hmac
import io

for name in ("md5", "sha1", "sha256", "sha512_256", "sha3_384", "blake2b", "ripemd160", "sm3"):
    h = hashlib.new(name, b"abc")
    print(h.name, h.digest_size, h.block_size, h.hexdigest()[:32])

h = hashlib.sha256()
h.update(b"a")
other = h.copy()
h.update(b"b")
print(h.hexdigest() == hashlib.sha256(b"ab").hexdigest(), other.hexdigest() == hashlib.sha256(b"a").hexdigest())
print(hashlib.shake_128(b"x").hexdigest(10), hashlib.new("SHAKE-128", b"x").digest(3))
print(hashlib.file_digest(io.BytesIO(b"abc" * 1000), "sha1").hexdigest())

print(hmac.new(b"key", b"message", "sha256").hexdigest())
print(hmac.digest(b"key", b"message", "sha1").hex())
code = hmac.new(b"key" * 100, digestmod=hashlib.sha3_256)
code.update(b"message")
print(code.name, code.digest_size, code.block_size, code.copy().hexdigest()[:16])
print(hmac.compare_digest(b"a", b"a"), hmac.compare_digest("a", "b"))

print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000).hex())
print(hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 2, 5).hex())
print(hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16, dklen=16).hex())

for attempt in (
    lambda: hashlib.new("no such digest"),
    lambda: hashlib.sha256("text"),
    lambda: hashlib.pbkdf2_hmac("sha1", b"", b"", 0),
    lambda: hashlib.scrypt(b"", salt=b"", n=3, r=1, p=1),
    lambda: hmac.new(b"key", b"message", "shake_128"),
    lambda: hmac.new(b"key"),
):
    try:
        attempt()
    except Exception as e:
        print(type(e).__name__, e)
