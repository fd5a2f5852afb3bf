"""A chain of a million links, traced and freed again and again: depth without recursion."""

import gc
import sys


def main(length, rounds):
    for _ in range(rounds):
        chain = None
        for number in range(length):
            chain = [chain, number]
        gc.collect()
        depth = 0
        node = chain
        while node is not None:
            node = node[0]
            depth += 1
        print(depth)
        del chain, node


main(int(sys.argv[1]), int(sys.argv[2]))
