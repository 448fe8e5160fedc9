"""Some seconds of plain computation: bodies, queens, primes, words, matrices."""
import json, math, re

def bodies(steps):
    system = [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47], [4.84, -1.16, -0.10, 0.606, 2.81, -0.02, 0.037],
              [8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011], [12.89, -15.11, -0.22, 1.08, 0.86, -0.01, 0.0017]]
    for _ in range(steps):
        for i, a in enumerate(system):
            for b in system[i + 1:]:
                dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
                d = 0.01 / math.sqrt(dx * dx + dy * dy + dz * dz) ** 3
                for k, v in enumerate((dx, dy, dz)):
                    a[3 + k] -= v * b[6] * d
                    b[3 + k] += v * a[6] * d
        for a in system:
            for k in range(3):
                a[k] += 0.01 * a[3 + k]
    return [round(x, 12) for x in system[1][:3]]

def queens(n, row=0, columns=0, left=0, right=0):
    if row == n:
        return 1
    free, count = ~(columns | left | right) & ((1 << n) - 1), 0
    while free:
        bit = free & -free
        free ^= bit
        count += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return count

def primes(n):
    sieve = bytearray([1]) * (n + 1)
    for i in range(2, math.isqrt(n) + 1):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, n + 1, i)))
    return sum(sieve[2:])

def words(n):
    text = " ".join(f"w{(i * 7919) % 503}x{i % 13}" for i in range(n))
    counts = {}
    for word in re.findall(r"w(\d+)x\d", text):
        counts[word] = counts.get(word, 0) + 1
    return json.loads(json.dumps(sorted(counts.items(), key=lambda p: (-p[1], p[0]))[:3]))

print(bodies(3000))
print(queens(8))
print(primes(1_000_000))
print(words(40_000))
