"""Images."""

import io

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

im = Image.new("RGB", (32, 24), (10, 20, 30))
draw = ImageDraw.Draw(im)
draw.ellipse((4, 4, 20, 20), fill="red", outline=(0, 255, 0))
draw.line((0, 0, 31, 23), fill="white", width=2)
print(im.size, im.mode, im.getpixel((12, 12)), im.getbbox(), im.getcolors()[:2])
for kind in ("PNG", "BMP", "GIF", "JPEG", "TIFF"):
    out = io.BytesIO()
    im.save(out, kind)
    out.seek(0)
    again = Image.open(out)
    again.load()
    print(kind, again.size, again.mode, ImageChops.difference(again.convert("RGB"), im).getbbox() is None)
print(im.resize((8, 6), Image.Resampling.BICUBIC).getpixel((3, 3)), im.rotate(90, expand=True).size, im.crop((1, 1, 5, 6)).size)
print([round(x, 3) for x in ImageStat.Stat(im).mean], im.convert("L").histogram()[:32][-3:], ImageOps.invert(im).getpixel((0, 0)))
print(im.filter(ImageFilter.GaussianBlur(2)).getpixel((10, 10)), im.transpose(Image.Transpose.FLIP_LEFT_RIGHT).getpixel((19, 12)))
data = im.tobytes()
print(len(data), Image.frombytes("RGB", im.size, data) == im, sum(im.point(lambda v: v // 2).tobytes()) % 1000)
bands = im.split()
print(Image.merge("RGB", bands[::-1]).getpixel((12, 12)), bytes(memoryview(bands[0].tobytes())[:3]))
for bad in (lambda: Image.open(io.BytesIO(b"junk")), lambda: Image.new("XX", (1, 1)), lambda: im.getpixel((99, 0)), lambda: Image.frombytes("L", (2, 2), b"1")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, str(e).split(" object at")[0].split("<_io")[0])
