# Eight queens, permutations, sudoku and other searches: recursion, generators, sets and lists.
# suite: gc=none stress=9973
def queens(n, columns=()):
    if len(columns) == n:
        yield columns
        return
    row = len(columns)
    for column in range(n):
        if all(column != c and abs(column - c) != row - r for r, c in enumerate(columns)):
            yield from queens(n, columns + (column,))


solutions = list(queens(6))
print(len(solutions), solutions[0], sum(1 for _ in queens(7)))


def permutations(items):
    if not items:
        return [[]]
    return [[item] + rest for i, item in enumerate(items) for rest in permutations(items[:i] + items[i + 1 :])]


print(len(permutations("abcde")), permutations([1, 2, 3]))


def solve(board):
    best = None
    for r in range(9):
        for c in range(9):
            if board[r][c] == 0:
                used = set(board[r]) | {board[k][c] for k in range(9)} | {board[r // 3 * 3 + i][c // 3 * 3 + j] for i in range(3) for j in range(3)}
                free = [d for d in range(1, 10) if d not in used]
                if best is None or len(free) < len(best[2]):
                    best = r, c, free
    if best is None:
        return True
    r, c, free = best
    for d in free:
        board[r][c] = d
        if solve(board):
            return True
    board[r][c] = 0
    return False


puzzle = [[int(ch) for ch in row] for row in "530070000 600195000 098000060 800060003 400803001 700020006 060000280 000419005 000080079".split()]
print(solve(puzzle))
for row in puzzle:
    print("".join(map(str, row)))


def hanoi(n, a="a", b="b", c="c"):
    return 0 if n == 0 else hanoi(n - 1, a, c, b) + 1 + hanoi(n - 1, c, b, a)


print(hanoi(12))


def ackermann(m, n):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


print(ackermann(2, 6))
graph = {n: [(n * 2) % 50, (n * 3 + 1) % 50, (n + 7) % 50] for n in range(50)}


def shortest(start, goal):
    seen, queue = {start: None}, [start]
    for node in queue:
        if node == goal:
            path = []
            while node is not None:
                path.append(node)
                node = seen[node]
            return path[::-1]
        for next in graph[node]:
            if next not in seen:
                seen[next] = node
                queue.append(next)


print(shortest(1, 33), max(len(shortest(0, goal) or []) for goal in range(50)))
