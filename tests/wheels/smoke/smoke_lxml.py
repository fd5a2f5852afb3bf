"""XML and HTML by libxml2."""

import gc
import io

from lxml import etree, html, objectify

root = etree.fromstring("<r a='1' xmlns:n='urn:n'><b>text<!-- c --></b>tail<n:d/><b n:x='2'/></r>")
print(etree.tostring(root), root.tag, root.get("a"), [e.tag for e in root if isinstance(e.tag, str)], root[0].tail)
print(root.xpath("//b/text()"), root.xpath("count(//b)"), root.xpath("//n:d", namespaces={"n": "urn:n"})[0].tag)
child = etree.SubElement(root, "new", k="v")
child.text = "é & <"
print(etree.tostring(root, encoding="unicode", pretty_print=True))
tree = etree.parse(io.BytesIO(b"<a><b/><b><c/></b></a>"))
print([e.tag for e in tree.iter()], tree.getroot().find("b/c").getparent().tag, tree.getpath(tree.getroot()[1][0]))
page = html.fromstring("<p>One<br>two <a href='/x'>link</a>")
page.make_links_absolute("http://h/")
print(html.tostring(page), [a.get("href") for a in page.iter("a")])
style = etree.XSLT(etree.XML('<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><o><xsl:value-of select="count(//b)"/></o></xsl:template></xsl:stylesheet>'))
print(str(style(tree)).strip())
for bad in ("<a>", "<a></b>", "", "<a>&nothing;</a>"):
    try:
        etree.fromstring(bad)
    except etree.XMLSyntaxError as e:
        print(type(e).__name__, e.msg)
o = objectify.fromstring("<r><n>5</n><s>x</s><n>6</n></r>")
print(o.n + 1, [int(n) for n in o.n], o.s, objectify.dump(o).splitlines()[0])
events = etree.iterparse(io.BytesIO(b"<a>" + b"<i>1</i>" * 300 + b"</a>"), events=("start", "end"))
print(sum(1 for event, e in events if event == "end" and e.tag == "i"))


class Target:
    def __init__(self):
        self.seen = []

    def start(self, tag, attrib):
        self.seen.append(tag)

    def close(self):
        return self.seen


print(etree.fromstring("<a><b/></a>", etree.XMLParser(target=Target())))
deep = [etree.SubElement(root, f"e{i}") for i in range(200)]
del root, child, tree
gc.collect()
print(deep[5].getparent().tag, deep[7].getprevious().tag)
