"""Binary trees of tuples, after the Computer Language Benchmarks Game."""

import sys


def make(depth):
    return (make(depth - 1), make(depth - 1)) if depth else (None, None)


def check(tree):
    left, right = tree
    return 1 if left is None else 1 + check(left) + check(right)


def main(deepest):
    print("stretch", check(make(deepest + 1)))
    lasting = make(deepest)
    for depth in range(4, deepest + 1, 4):
        trees = 1 << (deepest - depth + 4)
        print(trees, "trees of depth", depth, sum(check(make(depth)) for _ in range(trees)))
    print("lasting", check(lasting))


main(int(sys.argv[1]))
