# Data structures of small objects: trees, linked lists, heaps, tries, an LRU cache, cycles that are dropped.
# suite: stress=9973
class Tree:
    __slots__ = ("key", "left", "right", "priority")
    seed = 1

    def __init__(self, key):
        Tree.seed = Tree.seed * 1103515245 + 12345 & 0x7FFFFFFF
        self.key, self.left, self.right, self.priority = key, None, None, Tree.seed

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.key
        if self.right:
            yield from self.right


def insert(node, key):
    if node is None:
        return Tree(key)
    side = "left" if key < node.key else "right"
    setattr(node, side, insert(getattr(node, side), key))
    child = getattr(node, side)
    if child.priority < node.priority:
        other = "right" if side == "left" else "left"
        setattr(node, side, getattr(child, other))
        setattr(child, other, node)
        return child
    return node


def depth(node): return 0 if node is None else 1 + max(depth(node.left), depth(node.right))


root = None
for n in range(1000):
    root = insert(root, n * 7919 % 1009)
print(list(root)[:10], len(list(root)), depth(root) < 40)


class Link:
    def __init__(self, value, previous=None, next=None): self.value, self.previous, self.next = value, previous, next


class LRU:
    def __init__(self, size):
        self.size, self.known = size, {}
        self.head = self.tail = Link(None)
        self.head.next = self.tail
        self.tail.previous = self.head

    def get(self, key, make):
        link = self.known.get(key)
        if link is None:
            if len(self.known) >= self.size:
                old = self.tail
                del self.known[old.value[0]]
                self.tail = old.previous
                self.tail.next = None
            link = Link((key, make(key)))
        elif link is self.head.next:
            return link.value[1]
        else:
            link.previous.next = link.next
            if link.next:
                link.next.previous = link.previous
            else:
                self.tail = link.previous
        after = self.head.next
        link.previous, link.next, self.head.next = self.head, after, link
        if after:
            after.previous = link
        else:
            self.tail = link
        self.known[key] = link
        return link.value[1]


made = []
cache = LRU(10)
cache.head.next = cache.head.previous = None
for n in range(500):
    assert cache.get(n * n % 17, lambda key: made.append(key) or key * 2) == n * n % 17 * 2
print(len(made), len(cache.known), len(set(made)))


def binary_trees(d): return (None, None) if d == 0 else (binary_trees(d - 1), binary_trees(d - 1))


def check(tree): return 1 if tree[0] is None else 1 + check(tree[0]) + check(tree[1])


print([check(binary_trees(d)) for d in range(4, 13, 4)], sum(check(binary_trees(6)) for _ in range(100)))


class Trie(dict):
    def add(self, word):
        node = self
        for c in word:
            node = node.setdefault(c, Trie())
        node[""] = word

    def words(self, prefix):
        node = self
        for c in prefix:
            node = node.get(c, {})
        return sorted(node.leaves()) if node else []

    def leaves(self):
        for key, value in self.items():
            if key == "":
                yield value
            else:
                yield from value.leaves()


trie = Trie()
for word in "tea ten to inn in i teapot tends".split():
    trie.add(word)
print(trie.words("te"), trie.words("i"), trie.words("x"))


def cycles(n):
    for i in range(n):
        ring = [Link(k) for k in range(5)]
        for a, b in zip(ring, ring[1:] + ring[:1]):
            a.next, b.previous = b, a
    return ring[0].next.next.previous.value


print(cycles(3000))


class Lists:
    def __init__(self): self.children, self.parent = [], None

    def add(self, child):
        child.parent = self
        self.children.append(child)
        return child

    def size(self): return 1 + sum(c.size() for c in self.children)


total = 0
for n in range(100):
    top = Lists()
    for i in range(5):
        branch = top.add(Lists())
        for j in range(i):
            branch.add(Lists())
    total += top.size()
print(total)
deep = None
for n in range(50000):
    deep = (n, deep)
count = 0
while deep:
    count += 1
    deep = deep[1]
print(count)
deep = []
for n in range(100000):
    deep = [deep]
del deep
print("a deep structure is dropped without overflowing the stack")
