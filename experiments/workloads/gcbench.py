"""GCBench, after Ellis, Kovac and Boehm: binary trees of many sizes, beside a long-lived tree and a large array."""

import sys


class Node:
    __slots__ = ("left", "right")

    def __init__(self, left=None, right=None):
        self.left = left
        self.right = right


def bottom_up(depth):
    if depth == 0:
        return Node()
    return Node(bottom_up(depth - 1), bottom_up(depth - 1))


def top_down(node, depth):
    if depth > 0:
        node.left, node.right = Node(), Node()
        top_down(node.left, depth - 1)
        top_down(node.right, depth - 1)


def count(node):
    return 1 + count(node.left) + count(node.right) if node.left else 1


def main(depth):
    lasting = bottom_up(depth)
    array = [1.0 / n for n in range(1, 100_000)]
    for size in range(4, depth + 1, 2):
        for _ in range(1 << (depth - size)):
            root = Node()
            top_down(root, size)
            root = bottom_up(size)
        print(size, count(root))
    print(count(lasting), array[1000])


main(int(sys.argv[1]))
