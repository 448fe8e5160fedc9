class Stack { #items = []; push(x) { this.#items.push(x); return this; } pop() { if (!this.#items.length) throw new RangeError('empty'); return this.#items.pop(); } }
function* fib() { let [a, b] = [0n, 1n]; for (;;) { yield a; [a, b] = [b, a + b]; } }
const take = (n, it) => { const out = []; for (const x of it) { if (out.length === n) break; out.push(x); } return out; };
print(take(100, fib())[99].toString(), 2n ** 200n);
try { new Stack().push(1).pop() && new Stack().pop(); } catch (e) { print(e instanceof RangeError, e.message); }
print(JSON.stringify({ a: [1, , 3], b: new Date(0), c: new Map([[1, 2]]), d: 'é\u2028' }, null, 1));
print('2024-02-29 ERROR x'.replace(/(?<y>\d+)-(?<m>\d+)/u, '$<m>/$<y>'), 'aXbX'.split(/(X)/).length);
print(0.1 + 0.2, 1e21, (255).toString(16), (25).toString(36), parseFloat('1e-7'), (1234.5678).toFixed(2), -0, NaN);
print([3, 1, 10, 2].sort().join(), [3, 1, 10, 2].sort((a, b) => a - b).join(), Array.from({ length: 5 }, (_, i) => i ** 2).join());
print(Math.sin(1), Math.exp(1), Math.cbrt(27), Math.hypot(3, 4), Math.fround(0.1), Math.clz32(1), Math.imul(0x7fffffff, 3));
const { a, ...rest } = { a: 1, b: 2, c: 3 }; print(a, JSON.stringify(rest), rest?.z?.y ?? 'none', typeof Symbol.iterator);
print(new Uint8Array(new Float64Array([Math.PI]).buffer).join(), [...'a😀b'].length, 'ﬁ'.normalize('NFKC'));
const proxy = new Proxy({}, { get: (_, k) => `got ${String(k)}` }); print(proxy.x);
(async () => { for await (const x of (async function* () { yield 1; yield 2; })()) print('async', x); await null; print('done'); })();
Promise.all([1, Promise.resolve(2)]).then(v => print('all', v.join()));
let s = 0; for (let i = 0; i < 3e6; i++) { s = (s * 31 + i) | 0; } print(s);
const memo = new Map(); const f = n => n < 2 ? n : f(n - 1) + f(n - 2); print(f(24));
