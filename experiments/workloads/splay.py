"""A splay tree (Sleator and Tarjan, 1985) whose nodes come and go: most survive for a while, and the tree changes all the time."""

import random
import sys


class Node:
    __slots__ = ("key", "value", "left", "right")

    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.left = None
        self.right = None


class Tree:
    def __init__(self):
        self.root = None

    def splay(self, key):
        """Brings the node with the key, or the last on the way to it, to the root."""
        node = self.root
        if node is None:
            return
        left = right = header = Node(None, None)
        while node.key != key:
            if key < node.key:
                if node.left is None:
                    break
                if key < node.left.key:
                    child = node.left
                    node.left, child.right = child.right, node
                    node = child
                    if node.left is None:
                        break
                right.left = node
                right, node = node, node.left
            else:
                if node.right is None:
                    break
                if key > node.right.key:
                    child = node.right
                    node.right, child.left = child.left, node
                    node = child
                    if node.right is None:
                        break
                left.right = node
                left, node = node, node.right
        left.right, right.left = node.left, node.right
        node.left, node.right = header.right, header.left
        self.root = node

    def insert(self, key, value):
        node = Node(key, value)
        if self.root is not None:
            self.splay(key)
            if self.root.key == key:
                return False
            if key > self.root.key:
                node.left, node.right, self.root.right = self.root, self.root.right, None
            else:
                node.right, node.left, self.root.left = self.root, self.root.left, None
        self.root = node
        return True

    def remove(self, key):
        self.splay(key)
        rest = self.root.right
        if self.root.left is None:
            self.root = rest
        else:
            self.root = self.root.left
            self.splay(key)
            self.root.right = rest

    def smaller(self, key):
        """The largest key below."""
        self.splay(key)
        if self.root.key < key:
            return self.root.key
        node = self.root.left
        while node is not None and node.right is not None:
            node = node.right
        return node.key if node else None


def payload(depth, tag):
    if depth == 0:
        return {"array": list(range(10)), "string": f"leaf {tag}"}
    return {"left": payload(depth - 1, tag), "right": payload(depth - 1, tag)}


def main(size, changes):
    source = random.Random(7)
    tree = Tree()
    while size:
        key = source.random()
        size -= tree.insert(key, payload(3, key))
    for _ in range(changes):
        key = source.random()
        while not tree.insert(key, payload(3, key)):
            key = source.random()
        victim = tree.smaller(key)
        tree.remove(key if victim is None else victim)
    print(f"{tree.root.key:.12f}")


main(int(sys.argv[1]), int(sys.argv[2]))
