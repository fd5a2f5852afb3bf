"""Builds queries from chained expressions, as an object-relational mapper does, and reports how long one took."""

import sys

import report


class Expression:
    def __and__(self, other):
        return Binary("AND", self, other)

    def __or__(self, other):
        return Binary("OR", self, other)

    def __eq__(self, other):
        return Binary("=", self, Literal(other))

    def __gt__(self, other):
        return Binary(">", self, Literal(other))

    __hash__ = object.__hash__


class Literal(Expression):
    def __init__(self, value):
        self.value = value

    def sql(self, parameters):
        parameters.append(self.value)
        return "?"


class Column(Expression):
    def __init__(self, table, name):
        self.table = table
        self.name = name

    def sql(self, parameters):
        return f"{self.table}.{self.name}"


class Binary(Expression):
    def __init__(self, operator, left, right):
        self.operator = operator
        self.left = left
        self.right = right

    def sql(self, parameters):
        return f"({self.left.sql(parameters)} {self.operator} {self.right.sql(parameters)})"


class Query:
    def __init__(self, table, **parts):
        self.table = table
        self.parts = parts

    def _with(self, **parts):
        return Query(self.table, **{**self.parts, **parts})

    def where(self, condition):
        before = self.parts.get("where")
        return self._with(where=before & condition if before else condition)

    def order(self, *columns):
        return self._with(order=columns)

    def limit(self, count):
        return self._with(limit=count)

    def sql(self):
        parameters = []
        text = [f"SELECT * FROM {self.table}"]
        if where := self.parts.get("where"):
            text.append("WHERE " + where.sql(parameters))
        if order := self.parts.get("order"):
            text.append("ORDER BY " + ", ".join(column.sql(parameters) for column in order))
        if limit := self.parts.get("limit"):
            text.append(f"LIMIT {limit:d}")
        return " ".join(text), parameters


def build(number):
    name, age, city = (Column("people", column) for column in ("name", "age", "city"))
    query = Query("people").where(age > number % 90).where((city == "Oslo") | (city == "Rome"))
    if number % 3:
        query = query.where(name == f"name {number}")
    return query.order(name, age).limit(number % 50 + 1).sql()


def main(iterations):
    def work(number):
        text, parameters = build(number)
        return len(text) + len(parameters)

    print(report.warm_up(iterations, work))


main(int(sys.argv[1]))
