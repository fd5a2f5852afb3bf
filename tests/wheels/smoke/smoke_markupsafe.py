"""Escaping, and the str subclass that remembers it."""

from markupsafe import Markup, _speedups, escape, escape_silent, soft_str

assert _speedups.__file__.endswith(".so")
print(escape("<a href='x'>&\"é"), escape(5), escape_silent(None))
for kind in ("plain", "é<", "ж&", "\U0001f600>"):
    print(ascii(escape(kind * 3)))
m = Markup("<em>%s</em> {}")
print(m % "<x>", m.format("<y>"), Markup("<b>").join(["&", Markup("&amp;")]), repr(m + "<"))
print(Markup("&lt;i&gt; <b>x</b>").striptags(), Markup("&gt;&amp;").unescape(), type(soft_str(m)).__name__)


class Html:
    def __html__(self):
        return "<h1>"


print(escape(Html()), Markup(Html()))
texts = ["".join(chr(97 + (i * k) % 26) + "<>&'\""[i % 5] for i in range(50)) for k in range(200)]
print(sum(len(escape(t)) for t in texts))
