"""A tour of the standard library whose output is the same everywhere."""
import collections, csv, dataclasses, datetime, decimal, enum, fractions, functools, hashlib, heapq, io, itertools
import json, math, operator, random, re, statistics, string, struct, sys, textwrap, traceback, zlib

def part(name):
    print(f"== {name}")

part("json")
text = json.dumps({"b": [1, 2.5, None, True], "a": {"nested": "é\u2028\U0001f600"}}, sort_keys=True, indent=1)
print(text)
assert json.loads(text)["a"]["nested"] == "é\u2028\U0001f600"
try:
    json.loads('{"a": [1, 2,, 3]}')
except json.JSONDecodeError as error:
    print(error, error.pos)

part("re")
log = "2024-02-29 12:00:01 ERROR disk /dev/sda1 at 97%\n2024-03-01 00:00:00 WARN load 3.25\n"
for match in re.finditer(r"(?P<day>\d{4}-\d\d-\d\d) (?P<time>\S+) (?P<level>[A-Z]+) (?P<rest>.*)", log):
    print(match.groupdict())
print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world, brave new"))
print(re.split(r"[,;]\s*", "a, b;c,   d"), re.findall(r"(?<!\d)\d{2}(?!\d)", "12 345 67 8 90"))

part("decimal and fractions")
with decimal.localcontext() as context:
    context.prec = 60
    print(decimal.Decimal(2).sqrt(), decimal.Decimal(1).exp())
    print(decimal.Decimal("0.1") + decimal.Decimal("0.2"), decimal.Decimal(1) / 7)
print(sum((fractions.Fraction(1, n) for n in range(1, 30)), fractions.Fraction()))

part("numbers")
print(2 ** 521 - 1, (-7) // 2, (-7) % 2, divmod(-7, 2), pow(3, -1, 7), int("ff", 16), round(2.5), round(-0.5))
print(1e308 * 10, -1e308 * 10, 5e-324, 0.1 + 0.2, 1 / 3, 1e22, 1e16, 123456789012345680.0, float("nan"))
print(math.sin(1), math.exp(1), math.gamma(5.5), math.erf(0.5), math.fsum([0.1] * 10), math.comb(60, 30), math.isqrt(10 ** 40))
print((0.1).hex(), float.fromhex("0x1.8p+1"), (3 + 4j) ** 2, abs(3 + 4j), format(1234567.891, ",.2f"), f"{255:#010b}")

part("bytes")
print(struct.pack("<IhBd", 1, -2, 3, 1.5).hex(), struct.unpack(">H", b"\x01\x02"))
data = bytes(range(256)) * 40
print(hashlib.sha256(data).hexdigest(), hashlib.md5(data).hexdigest(), hashlib.blake2b(data, digest_size=16).hexdigest())
print(zlib.crc32(data), zlib.adler32(data), zlib.decompress(zlib.compress(data, 9)) == data, len(zlib.compress(data, 9)))

part("containers")
print(collections.Counter("mississippi").most_common(2), collections.OrderedDict(a=1, b=2), collections.deque([1, 2, 3], 2))
print(heapq.nsmallest(3, [5, 1, 4, 2]), list(itertools.islice(itertools.permutations("abc"), 4)))
print(functools.reduce(operator.mul, range(1, 25)), list(itertools.groupby("aabbbc", key=str.upper))[0][0])
random.seed(20240229)
print([random.randrange(1000) for _ in range(8)], random.random(), random.sample(range(100), 4))
print(statistics.mean([1, 2, 4]), statistics.pstdev([1, 2, 4]), statistics.quantiles(range(10)))

part("classes")
class Colour(enum.Flag):
    RED = enum.auto()
    BLUE = enum.auto()

@dataclasses.dataclass(order=True, frozen=True)
class Point:
    x: int
    y: int = 0
    tags: tuple = dataclasses.field(default=(), compare=False)

print(Colour.RED | Colour.BLUE, sorted([Point(2), Point(1, 5), Point(1)]))
try:
    Point(1).x = 3
except dataclasses.FrozenInstanceError as error:
    print(type(error).__name__, error)

part("generators and exceptions")
def numbers():
    try:
        received = yield 1
        print("received", received)
        yield from range(2, 4)
    finally:
        print("closed")

generator = numbers()
print(next(generator), generator.send("x"), next(generator))
generator.close()
def fail(depth):
    if depth == 0:
        raise KeyError("deep")
    try:
        fail(depth - 1)
    except KeyError as error:
        raise ValueError(f"at {depth}") from error
try:
    fail(3)
except ValueError as error:
    lines = traceback.format_exception(error)
    print(len(lines), lines[-1].strip(), repr(error.__cause__.__cause__))
try:
    (lambda f: f(f))(lambda f: f(f))
except RecursionError as error:
    print(error)
match {"kind": "circle", "r": 2}:
    case {"kind": "circle", "r": r} if r > 1:
        print("circle", r)

part("text")
print(textwrap.fill("The quick brown fox jumps over the lazy dog and runs away from it at once.", 28))
print(string.Template("$who likes ${what}s").substitute(who="tim", what="kiwi"), "ß".upper(), "İ".casefold().encode())
print("naïve café".encode("utf-16-le").hex(), "漢字".center(8, "*"), ascii("漢"), "%-8s|%+05d|%x" % ("ab", 42, 255))
out = io.StringIO()
csv.writer(out).writerows([["a,b", 'say "x"', 3], [None, 1.5, "é"]])
print(repr(out.getvalue()))
print(datetime.date(2024, 2, 29) + datetime.timedelta(days=366), datetime.datetime(2000, 1, 1).strftime("%A %j %d/%m/%y"))
sys.exit(3)
