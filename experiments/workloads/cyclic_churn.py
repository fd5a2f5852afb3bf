"""Garbage that is all cycles: doubly linked rings with a back reference from each node's closure."""

import sys


class Node:
    def __init__(self, before):
        self.before = before
        self.after = None
        self.tell = lambda: self.before


def ring(size):
    first = node = Node(None)
    for _ in range(size - 1):
        node.after = Node(node)
        node = node.after
    node.after = first
    first.before = node
    return first


def main(rings, size):
    kept = []
    for number in range(rings):
        made = ring(size)
        if number % 50 == 0:
            kept.append(made)
            del kept[:-20]
    print(len(kept), kept[-1].tell() is kept[-1].before)


main(int(sys.argv[1]), int(sys.argv[2]))
