"""A figure drawn by Agg, as PNG and as SVG."""

import io
import os
import tempfile

os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp()
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

figure, (left, right) = plt.subplots(1, 2, figsize=(4, 2), dpi=50)
x = np.linspace(0, 7, 50)
left.plot(x, np.sin(x), label="sine")
left.legend()
left.set_title("a title")
right.imshow(np.arange(12).reshape(3, 4))
right.contour(np.arange(12).reshape(3, 4))
out = io.BytesIO()
figure.savefig(out, format="png")
data = out.getvalue()
print(data[:8], len(data) > 1000)
figure.canvas.draw()
pixels = np.asarray(figure.canvas.buffer_rgba())
print(pixels.shape, pixels.dtype, int(pixels.sum()))
out = io.BytesIO()
figure.savefig(out, format="svg")
print(b"<svg" in out.getvalue())
