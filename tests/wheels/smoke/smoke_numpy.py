"""Arrays."""

import gc
import io
import pickle
import weakref

import numpy as np

a = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
print(a.sum(), a.mean(axis=0), a[..., 1:3].T.shape, a[a > 20], (a * 2 + 1)[1, 2], a.strides)
print(np.linalg.solve(np.array([[3.0, 1], [1, 2]]), np.array([9.0, 8])), np.dot(np.eye(2), [1, 2]), np.linalg.det(np.diag([2.0, 3])))
print(np.array([1, 2, 3], dtype="i2").tobytes(), np.array(["a", "bcd"]), np.array([1, 2.5, 1j]).dtype, np.array([object(), None]).dtype)
r = np.random.default_rng(42)
print(r.integers(0, 100, 5), r.normal(size=2), r.permutation(4))
print(np.fft.fft([1, 2, 3, 4]), np.sort([3, 1, 2]), np.unique([1, 2, 2]), np.argmax([1, 9, 3]), np.concatenate([[1], [2, 3]]))
s = np.zeros(3, dtype=[("x", "i4"), ("y", "f8"), ("n", "S3")])
s[1] = (5, 2.5, b"abc")
print(s, s["y"].max(), s.dtype)
objects = np.array([{"k": i} for i in range(5)], dtype=object)
gc.collect()
print(objects[3], objects[::-1][0], [o["k"] for o in objects])
print(np.datetime64("2020-02-29") + np.timedelta64(1, "D"), np.array([1, 2], dtype="M8[D]"), np.datetime64("2020-01-01").astype(object))
out = io.BytesIO()
np.save(out, a)
out.seek(0)
print(np.load(out).shape, pickle.loads(pickle.dumps(a)).sum(), bytes(memoryview(np.array([1, 2], "u1"))), np.frombuffer(b"\x01\x02", "u1"))
v = np.vectorize(lambda x: x * x)
print(v([1, 2, 3]), np.where(np.array([1, 0]) > 0, "y", "n"), np.einsum("ij,jk->ik", np.ones((2, 2)), np.eye(2)).tolist())
print(repr(np.float32(1.1)), np.int8(5) + np.int8(7), np.float64(2) ** 0.5, np.isnan(np.nan), np.uint8(200).item())
for bad in (lambda: np.ones(2) + np.ones(3), lambda: a[5], lambda: np.array([1]).reshape(2), lambda: np.dtype("zz"), lambda: np.linalg.inv(np.zeros((2, 2)))):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, e)
with np.errstate(divide="raise"):
    try:
        np.ones(1) / 0
    except FloatingPointError as e:
        print(e)
big = np.zeros(10)
ref = weakref.ref(big)
view = big[2:5]
del big
gc.collect()
print(ref() is view.base, np.add.reduce([1, 2, 3]), np.multiply.outer([1, 2], [3, 4]).tolist(), np.cumsum([1, 2, 3]))
c = np.arange(6)
try:
    c.resize(8, refcheck=False)
    print(c)
except ValueError as e:
    print(e)
print(np.array2string(np.linspace(0, 1, 5), precision=2), np.char.upper(["ab"]), np.ma.array([1, 2], mask=[0, 1]).sum(), np.polyfit([0, 1, 2], [1, 3, 5], 1).round(6))
total = 0.0
for i in range(300):
    total += (np.full(100, i) * np.arange(100)).sum()
print(total)
