"""One live tree of four-way nodes, and rounds of garbage of the same kind beside it."""

import sys


class Quad:
    def __init__(self, depth):
        self.children = [Quad(depth - 1) for _ in range(4)] if depth else []
        self.weight = 1 + sum(child.weight for child in self.children)


def main(live, garbage, rounds):
    tree = Quad(live)
    total = 0
    for _ in range(rounds):
        total += Quad(garbage).weight
    print(tree.weight, total)


main(*map(int, sys.argv[1:4]))
