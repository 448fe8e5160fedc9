// Prints golden.txt: the chunks that the published npm package cuts under this node.
//     npm install rabin-wasm@0.1.5 && node oracle.js > golden.txt
'use strict'
const path = require('path')
const { create } = require(require.resolve('rabin-wasm', { paths: [process.cwd(), path.dirname(__filename)] }))

// The generator: x' = 1664525 x + 1013904223 (mod 2^32), one byte per step from the top.
function lcg (seed, length) {
  const bytes = new Uint8Array(length)
  let x = seed >>> 0
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    bytes[i] = x >>> 24
  }
  return bytes
}

const generators = {
  noise: lcg,
  // Lines of few letters that repeat: cuts are rare and often forced by the maximum.
  text: (seed, length) => lcg(seed, length).map((b, i) => i % 61 === 60 ? 10 : 97 + (b & 3)),
  zeros: (seed, length) => new Uint8Array(length)
}

function fnv1a (bytes) {
  let hash = 0xcbf29ce484222325n
  let low = Number(hash & 0xffffffffn)
  let high = Number(hash >> 32n)
  for (const b of bytes) {
    low = (low ^ b) >>> 0
    // times 0x100000001b3 = 2^40 + 0x1b3, in two halves
    const product = low * 0x1b3
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x100000000) + (low << 8)) >>> 0
    low = product >>> 0
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}

const cases = [
  ['noise', 1, 4 << 20, 12, 8 << 10, 32 << 10, 64],
  ['noise', 2, 1 << 20, 8, 64, 1024, 64],
  ['noise', 3, 3 << 20, 18, 64 << 10, 512 << 10, 64],
  ['noise', 4, 1 << 20, 10, 512, 8192, 16],
  ['text', 5, 2 << 20, 12, 2 << 10, 32 << 10, 64],
  ['zeros', 0, 1 << 20, 12, 8 << 10, 32 << 10, 64],
  ['noise', 6, 100, 12, 8 << 10, 32 << 10, 64]
]

async function main () {
  for (const [generator, seed, length, bits, min, max, window] of cases) {
    const bytes = generators[generator](seed, length)
    const rabin = await create(bits, min, max, window)
    const chunks = rabin.fingerprint(bytes)
    console.log([generator, seed, length, fnv1a(bytes), bits, min, max, window].join(' ') + ':' +
      Array.from(chunks, n => ' ' + n).join(''))
  }
}

main()
