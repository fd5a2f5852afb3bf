# Numeric kernels: Mandelbrot, matrices, n-body, sieve, spectral norm, life.
# suite: gc=none stress=9973
def mandelbrot(width, height):
    rows = []
    for y in range(height):
        row = ""
        for x in range(width):
            c = complex(3.0 * x / width - 2.1, 2.4 * y / height - 1.2)
            z = 0j
            for n in range(30):
                if abs(z) > 2:
                    break
                z = z * z + c
            row += " .:-=+*#%@"[n * 9 // 29]
        rows.append(row.rstrip())
    return rows


print("\n".join(mandelbrot(50, 16)))


def multiply(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


m = [[1, 1], [1, 0]]
power = [[1, 0], [0, 1]]
for _ in range(90):
    power = multiply(power, m)
print(power)


def sieve(n):
    flags = bytearray([1]) * (n + 1)
    flags[0:2] = b"\0\0"
    for i in range(2, int(n**0.5) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
    return [i for i, flag in enumerate(flags) if flag]


primes = sieve(20000)
print(len(primes), primes[-3:], sum(primes))


class Body:
    def __init__(self, x, y, vx, vy, mass): self.x, self.y, self.vx, self.vy, self.mass = x, y, vx, vy, mass


bodies = [Body(0.0, 0.0, 0.0, 0.0, 100.0), Body(10.0, 0.0, 0.0, 3.0, 1.0), Body(-20.0, 5.0, 0.5, -2.0, 0.5)]
for step in range(1000):
    for a in bodies:
        for b in bodies:
            if a is not b:
                dx, dy = b.x - a.x, b.y - a.y
                d = (dx * dx + dy * dy) ** 1.5 + 1e-9
                a.vx += 0.01 * b.mass * dx / d
                a.vy += 0.01 * b.mass * dy / d
    for body in bodies:
        body.x += 0.01 * body.vx
        body.y += 0.01 * body.vy
print([(repr(b.x), repr(b.y)) for b in bodies])


def life(cells, steps):
    for _ in range(steps):
        counts = {}
        for x, y in cells:
            for dx in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    if dx or dy:
                        counts[x + dx, y + dy] = counts.get((x + dx, y + dy), 0) + 1
        cells = {cell for cell, n in counts.items() if n == 3 or n == 2 and cell in cells}
    return cells


glider = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
print(sorted(life(glider, 40)), len(life({(0, 1), (1, 3), (2, 0), (2, 1), (2, 4), (2, 5), (2, 6)} | glider, 30)))


def pi_digits(n):
    q, r, t, k, m, x = 1, 0, 1, 1, 3, 3
    digits = ""
    while len(digits) < n:
        if 4 * q + r - t < m * t:
            digits += str(m)
            q, r, m = 10 * q, 10 * (r - m * t), (10 * (3 * q + r)) // t - 10 * m
        else:
            q, r, t, k, m, x = q * k, (2 * q + r) * x, t * x, k + 1, (q * (7 * k + 2) + r * x) // (t * x), x + 2
    return digits


print(pi_digits(200))
u = [1.0] * 20
for _ in range(5):
    v = [sum(u[j] / ((i + j) * (i + j + 1) // 2 + i + 1) for j in range(20)) for i in range(20)]
    u = [sum(v[j] / ((i + j) * (i + j + 1) // 2 + j + 1) for j in range(20)) for i in range(20)]
print("%.9f" % (sum(a * b for a, b in zip(u, v)) / sum(b * b for b in v)) ** 0.5)
state = 42
values = []
for _ in range(10):
    state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
    values.append(state >> 33)
print(values)
