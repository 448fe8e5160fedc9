// Rewrites cases.txt with the answers of text.wasm under this node: after `==` what the function returned, or
// after `!!` the message, line and column that it aborted with.
//     node oracle.js
'use strict'
const fs = require('fs')
const path = require('path')

const module_ = new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'text.wasm')))

class Abort extends Error {}

function call (name, text, ...numbers) {
  const { exports } = new WebAssembly.Instance(module_, {
    env: {
      abort (message, file, line, column) {
        throw new Abort(`${lift(message)} (${lift(file)}:${line}:${column})`)
      }
    }
  })
  // A string is its UTF-16 units; its length in bytes stands in the four bytes before it.
  function lift (pointer) {
    const length = new Uint32Array(exports.memory.buffer)[pointer - 4 >>> 2]
    return Buffer.from(exports.memory.buffer, pointer, length).toString('utf16le')
  }
  const units = Buffer.from(text, 'utf16le')
  const pointer = exports.__new(units.length, 2)
  new Uint8Array(exports.memory.buffer).set(units, pointer)
  try {
    return '==\n' + lift(exports[name](pointer, ...numbers))
  } catch (error) {
    if (!(error instanceof Abort)) throw error
    return '!!\n' + error.message
  }
}

const file = path.join(__dirname, 'cases.txt')
const cases = fs.readFileSync(file, 'utf8').split(/^## /m).slice(1)
fs.writeFileSync(file, cases.map(text => {
  const [, head, input] = /^(.*)\n([^]*?)\n(==|!!)\n/.exec(text)
  const [name, ...numbers] = head.split(' ')
  return `## ${head}\n${input}\n${call(name, input, ...numbers.map(Number))}\n`
}).join(''))
