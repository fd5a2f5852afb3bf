"""Renders a tree of templates again and again and reports how long a rendering took, from the first on."""

import sys

import report


class Text:
    def __init__(self, text):
        self.text = text

    def render(self, context, out):
        out.append(self.text)


class Name:
    def __init__(self, path):
        self.path = path.split(".")

    def render(self, context, out):
        value = context
        for part in self.path:
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        out.append(str(value).replace("&", "&amp;").replace("<", "&lt;"))


class For:
    def __init__(self, name, path, *body):
        self.name = name
        self.path = path
        self.body = body

    def render(self, context, out):
        for item in context[self.path]:
            inner = {**context, self.name: item}
            for node in self.body:
                node.render(inner, out)


class If:
    def __init__(self, test, *body):
        self.test = test
        self.body = body

    def render(self, context, out):
        if self.test(context):
            for node in self.body:
                node.render(context, out)


class Item:
    def __init__(self, number):
        self.title = f"Item <{number}>"
        self.price = number * 1.5


PAGE = (
    Text("<html><h1>"),
    Name("user.name"),
    Text("</h1><ul>"),
    For(
        "item",
        "items",
        Text("<li>"),
        Name("item.title"),
        If(lambda context: context["item"].price > 10, Text(" costs "), Name("item.price")),
        Text("</li>"),
    ),
    Text("</ul></html>"),
)


def render(context):
    out = []
    for node in PAGE:
        node.render(context, out)
    return "".join(out)


def main(iterations):
    context = {"user": {"name": "A & B"}, "items": [Item(number) for number in range(20)]}
    print(report.warm_up(iterations, lambda number: len(render(context))))


main(int(sys.argv[1]))
