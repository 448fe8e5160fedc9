// Writes programs/*.out: what lisp.wasm prints for each program under this node, and how it ended.
//     node oracle.js
'use strict'
const fs = require('fs')
const path = require('path')

const module_ = new WebAssembly.Module(fs.readFileSync(path.join(__dirname, 'lisp.wasm')))

function run (source) {
  let output = ''
  let time = 0
  const { memory, input, run } = new WebAssembly.Instance(module_, {
    env: {
      print: (text, length) => { output += Buffer.from(memory.buffer, text, length).toString() },
      now: () => ++time
    }
  }).exports
  const bytes = Buffer.from(source)
  new Uint8Array(memory.buffer, input(bytes.length), bytes.length).set(bytes)
  try {
    const failed = run(bytes.length) !== 0
    return output + (failed ? 'failed\n' : '')
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error
    return output + 'trapped\n'
  }
}

const folder = path.join(__dirname, 'programs')
for (const name of fs.readdirSync(folder).filter(name => name.endsWith('.lisp'))) {
  fs.writeFileSync(path.join(folder, name.replace(/lisp$/, 'out')), run(fs.readFileSync(path.join(folder, name), 'utf8')))
}
