// Runs a WASI program under Node's own `node:wasi`, with the command line of `terrane run`:
//
//   node node.mjs [--dir HOST::GUEST] [--env K=V] [--stdin FILE] [--allow-unknown-imports] [--preload NAME=FILE] PROG.wasm [ARGS…]
//
// It is here as one of the two engines that the expected results in `programs.toml` come from, and is no test itself.
import fs from 'node:fs';
import path from 'node:path';
import { WASI } from 'node:wasi';


function commandLine(words) {
  const given = { preopens: {}, env: {}, preload: [], stdin: 0, allowUnknown: false };
  let at = 0;
  for (; at < words.length && words[at].startsWith('--'); at++) {
    const flag = words[at];
    if (flag === '--allow-unknown-imports') given.allowUnknown = true;
    else if (flag === '--dir') {
      const [host, guest = host] = words[++at].split('::');
      given.preopens[guest.replace(/:ro$/, '')] = host;
    } else if (flag === '--env') {
      const [, key, value] = words[++at].match(/^([^=]*)=(.*)$/s);
      given.env[key] = value;
    } else if (flag === '--stdin') given.stdin = fs.openSync(words[++at]);
    else if (flag === '--preload') given.preload.push(words[++at].split('='));
    else throw new Error(`${flag} is not an option of this runner`);
  }
  given.program = words[at];
  given.args = [path.basename(words[at]), ...words.slice(at + 1)];
  return given;
}

/**
 * `wasi_unstable` on top of preview 1. Node knows the name, but not what changed: `fd_seek` numbered its origins
 * otherwise, and a file's status was 56 bytes, in which the count of links had 32 bits.
 */
function unstableOf(preview1, memory) {
  const filestat = (call) => (...args) => {
    const at = args.at(-1) >>> 0;
    const bytes = () => new Uint8Array(memory().buffer, at, 64);
    const before = bytes().slice();
    const errno = call(...args);
    if (errno !== 0) return errno;
    const after = bytes().slice();
    bytes().set(after.subarray(24, 28), 20);
    bytes().set(after.subarray(32, 64), 24);
    bytes().set(before.subarray(56), 56);
    return errno;
  };
  return {
    ...preview1,
    fd_seek: (fd, offset, origin, result) => preview1.fd_seek(fd, offset, [1, 2, 0][origin] ?? origin, result),
    fd_filestat_get: filestat(preview1.fd_filestat_get),
    path_filestat_get: filestat(preview1.path_filestat_get),
    poll_oneoff: () => { throw new Error('poll_oneoff of wasi_unstable is not needed by what runs here'); },
  };
}

async function importsOf(module, wasi, memory, { allowUnknown, preload }) {
  const imports = {
    wasi_snapshot_preview1: { ...wasi.wasiImport },
    wasi_unstable: unstableOf(wasi.wasiImport, memory),
  };
  for (const [name, file] of preload) {
    imports[name] = (await WebAssembly.instantiate(fs.readFileSync(file), {})).instance.exports;
  }
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const names = (imports[from] ??= {});
    if (kind === 'function' && !(name in names)) {
      if (allowUnknown) names[name] = () => { throw new Error(`${from}.${name} is not known`); };
    }
  }
  return imports;
}

const given = commandLine(process.argv.slice(2));
const module = await WebAssembly.compile(fs.readFileSync(given.program));
const wasi = new WASI({
  version: 'preview1', args: given.args, env: given.env, preopens: given.preopens, stdin: given.stdin, returnOnExit: true,
});
const instance = await WebAssembly.instantiate(
  module, await importsOf(module, wasi, () => instance.exports.memory, given));
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  console.error(`error: ${error.stack ?? error}`);
  process.exitCode = 134;
}
