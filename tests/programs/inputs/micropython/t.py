import json
class Stack:
    def __init__(self): self.items = []
    def pop(self):
        if not self.items: raise IndexError('empty')
        return self.items.pop()
def depth(n):
    try:
        return depth(n - 1) + 1 if n else Stack().pop()
    except IndexError:
        if n < 3: raise
        return n * 100
    finally:
        seen.append(n)
seen = []
print(depth(5), seen)
print(json.dumps([1, 2.5, None, {'a': 'b'}]), 2 ** 100, 7 // -2, '%.3f' % (1 / 3))
caught = 0
for i in range(300):
    try:
        if i % 3 == 0: {}[i]
        if i % 3 == 1: [][i]
    except (KeyError, IndexError):
        caught += 1
print(caught)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(20))
print(sum(x[0] for x in [[i] for i in range(200)]))
raise ValueError('the end')
