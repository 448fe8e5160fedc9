import sys
total = 0
for number, line in enumerate(sys.stdin, 1):
    total += len(line)
    print(number, line.rstrip("\n")[::-1], flush=True)
print(total, file=sys.stderr)
raise SystemExit(total % 256)
