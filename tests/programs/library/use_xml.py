# suite: stress=997
"""XML: events, trees, documents, property lists, and exceptions that pass through the parser."""
import gc
import plistlib
import xml.dom.minidom
import xml.etree.ElementTree as ET
import xml.sax
from xml.parsers import expat

TEXT = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE root [
  <!ELEMENT root (item*)>
  <!ATTLIST item kind CDATA "plain">
  <!ENTITY who "world">
]>
<root xmlns:n="urn:n"><item n:a="1">caf\xe9 &who;</item><!-- note --><item kind="b"><![CDATA[<x>]]></item><?do it?></root>
"""

parser = expat.ParserCreate(namespace_separator=" ")
parser.buffer_text = True
parser.ordered_attributes = True
events = []
for name in (
    "StartElement", "EndElement", "CharacterData", "Comment", "ProcessingInstruction", "StartCdataSection", "EndCdataSection",
    "StartNamespaceDecl", "EndNamespaceDecl", "StartDoctypeDecl", "EndDoctypeDecl", "XmlDecl", "ElementDecl", "AttlistDecl", "EntityDecl",
):
    def handler(*args, name=name):
        events.append((name, *args))
    setattr(parser, name + "Handler", handler)
for i in range(0, len(TEXT), 13):
    parser.Parse(TEXT[i : i + 13])
parser.Parse(b"", True)
for event in events:
    print(event)

for bad in (b"<a><b></a>", b"<a", b"<a>&none;</a>"):
    try:
        expat.ParserCreate().Parse(bad, True)
    except expat.ExpatError as e:
        print(e, e.code, e.lineno, e.offset)


class Stop(Exception):
    pass


def stop(*args):
    raise Stop(args)


parser = expat.ParserCreate()
parser.StartElementHandler = stop
try:
    parser.Parse(b"<a x='1'/>", True)
except Stop as e:
    print("stopped by", e)

# A parser that refers to itself through its handler.
for i in range(100):
    p = expat.ParserCreate()
    p.StartElementHandler = lambda name, attributes, p=p: p.CurrentLineNumber
    p.Parse("<a>é</a>", True)
del p
gc.collect()

root = ET.fromstring(TEXT)
print([(item.text, item.attrib) for item in root.iter("item")])
print(ET.tostring(ET.fromstring("<a><b/>t</a>")))
print(xml.dom.minidom.parseString(TEXT).documentElement.getElementsByTagName("item")[0].firstChild.data)


class Counter(xml.sax.ContentHandler):
    def __init__(self):
        self.names = []

    def startElement(self, name, attributes):
        self.names.append((name, attributes.getLength()))


counter = Counter()
xml.sax.parseString(TEXT, counter)
print(counter.names)
value = {"a": [1, 2.5, True, b"data"], "b": {"c": "d"}}
print(plistlib.loads(plistlib.dumps(value)) == value)
