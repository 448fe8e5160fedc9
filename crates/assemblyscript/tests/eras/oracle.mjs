// Calls the modules of `eras.toml` as `cases.json` says, and writes what came out to `expected.json`.
// Modules of compilers up to 0.19 go through AssemblyScript's loader of that version, later ones through the bindings
// that the compiler wrote. `build.sh` installs and writes both; what it was told by ERAS_CACHE this must be told as well.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const here = import.meta.dirname;
const home = process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME, ".cache");
const cache = path.resolve(process.env.ERAS_CACHE ?? path.join(home, "terrane-eras"));
const { ids, records, functions, cases } = JSON.parse(fs.readFileSync(path.join(here, "cases.json")));
const modules = [...fs.readFileSync(path.join(here, "eras.toml"), "utf8").matchAll(
  /file = "(.*?)", version = "0\.(\d+)\.\d+", source = "(.*?)", flags = "(.*?)"/g,
)].map(([line, file, minor, source, flags]) => ({
  file, minor: Number(minor), source, flags, version: line.match(/version = "(.*?)"/)[1], era: path.dirname(file),
})).reverse(); // What the latest compilers do is the rule, from which earlier ones may differ.

const typed = /^(Int|Uint|Float|BigInt|BigUint)\d+(Clamped)?Array$/;
const number = /^([iuf])(8|16|32|64)$/;
const elementOf = (type) => type.match(/^(.*)\[\]$/)?.[1] ?? type.match(/^(Static)?Array<(.*)>$/)?.[2];
const constructorOf = (type) => globalThis[type.replace(/^(Int|Uint)64/, "Big$164")];
const isHandle = (type) => /^(object|function|Map|Set)/.test(type);
const plain = (type) => type.replace(/\|null$/, "");

function signature(name) {
  const [, params, result] = functions[name].match(/^\((.*)\): (.*)$/);
  return { params: params ? params.split(", ") : [], result };
}

/** What a step has named: as it came out of the guest. */
class Handle {
  constructor(value, name) {
    this.value = value;
    this.class = name;
  }
}

// Values of JavaScript to and from those of the data, the same for loaders and bindings.

function toJson(type, value) {
  if (type === "void" || value == null) return null;
  if (type === "bool") return Boolean(value);
  const [, letter, bits] = type.match(number) ?? [];
  if (letter === "f") return Number.isFinite(value) ? value : String(value);
  if (letter && bits === "64") return String(letter === "i" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value));
  if (letter === "i") return (value << (32 - bits)) >> (32 - bits);
  if (letter === "u") return (value << (32 - bits)) >>> (32 - bits);
  if (plain(type) === "string") {
    return value.isWellFormed() ? value : { utf16: Array.from({ length: value.length }, (_, i) => value.charCodeAt(i)) };
  }
  if (type === "ArrayBuffer") return Array.from(new Uint8Array(value));
  if (typed.test(type)) return Array.from(value, (element) => toJson(elementType(type), element));
  if (elementOf(type)) return Array.from(value, (element) => toJson(elementOf(type), element));
  if (records[type]) {
    return Object.fromEntries(Object.entries(records[type]).map(([name, type]) => [name, toJson(type, value[name])]));
  }
  throw Error(`no such type: ${type}`);
}

function elementType(type) {
  const [, letters, bits] = type.match(/^(Int|Uint|Float)(\d+)/);
  return letters[0].toLowerCase() + bits;
}

function fromJson(type, json) {
  if (json === null) return null;
  const [, letter, bits] = type.match(number) ?? [];
  if (letter === "f") return Number(json);
  if (letter && bits === "64") return BigInt(json);
  if (letter || type === "bool") return json;
  if (plain(type) === "string") return json.utf16 ? String.fromCharCode(...json.utf16) : json;
  if (type === "ArrayBuffer") return Uint8Array.from(json).buffer;
  if (typed.test(type)) return constructorOf(type).from(json, (element) => fromJson(elementType(type), element));
  if (elementOf(type)) return json.map((element) => fromJson(elementOf(type), element));
  if (records[type]) {
    return Object.fromEntries(Object.entries(records[type]).map(([name, type]) => [name, fromJson(type, json[name])]));
  }
  throw Error(`no such type: ${type}`);
}

const host = { hostAdd: (a, b) => a + b, level: 9, scale: (x, by) => x * by, limit: 12.5 };
const describe = (values) => values.join("+");
const memory = () => ({ memory: new WebAssembly.Memory({ initial: 10 }) });

/** A module by way of the loader: values go in and out as pointers. */
async function byLoader({ file, minor, version }) {
  const entry = path.join(cache, "compilers", version, "node_modules/@assemblyscript/loader/index.js");
  const namespace = await import(pathToFileURL(entry));
  const loader = namespace.instantiate ? namespace : namespace.default;
  const imports = {
    env: memory(),
    world: { hostAdd: host.hostAdd, "host.note": () => {}, "host.LEVEL": host.level },
    outside: {
      scale: host.scale,
      limit: host.limit,
      describe: (values) => keep(newString(describe(exports.__getArray(values)))),
    },
  };
  const loaded = await loader.instantiate(fs.readFileSync(path.join(here, file)), imports);
  const exports = loaded.exports ?? loaded;
  const raw = loaded.instance?.exports ?? exports;
  const alloc = exports.__new ?? exports.__alloc;
  const keep = (pointer) => (exports.__pin ?? exports.__retain)(pointer);
  const newString = exports.__newString ?? exports.__allocString;
  const newArray = exports.__newArray ?? exports.__allocArray;
  const memoryBuffer = () => (exports.memory ?? imports.env.memory).buffer;

  function lower(type, value) {
    if (value === null) return 0;
    if (value instanceof Handle) return value.value;
    if (plain(type) === "string") return keep(newString(value));
    if (type === "ArrayBuffer") {
      const pointer = keep(alloc(value.byteLength, 0));
      new Uint8Array(memoryBuffer()).set(new Uint8Array(value), pointer);
      return pointer;
    }
    if (typed.test(type)) return keep(newArray(exports[`${type}_ID`].value, value));
    const element = elementOf(type);
    if (element) return keep(newArray(exports[ids[type]].value, value.map((value) => lower(element, value))));
    if (!records[type]) return value;
    const object = exports[type].wrap(exports[type].prototype.constructor.original(0));
    for (const [name, type_] of Object.entries(records[type])) object[name] = lower(type_, value[name]);
    return object.valueOf();
  }

  function lift(type, value) {
    if (type === "void" || number.test(type) || type === "bool" || isHandle(type)) return value;
    if (value === 0) return null;
    if (plain(type) === "string") return exports.__getString(value);
    if (type === "ArrayBuffer") return exports.__getArrayBuffer(value);
    if (typed.test(type)) return exports[`__get${type}`](value);
    const element = elementOf(type);
    if (element) return exports.__getArray(value).map((value) => lift(element, value));
    const object = exports[type].wrap(value);
    return Object.fromEntries(Object.entries(records[type]).map(([name, type]) => [name, lift(type, object[name])]));
  }

  // What a call returns is the caller's if objects are counted, and else has to be pinned.
  const keepHandle = (type, value) => {
    if (value && isHandle(type) && type !== "function" && exports.__pin) {
      try { keep(value); } catch { /* It was pinned before. */ }
    }
    return value;
  };
  const at = (name) => name.split(".").reduce((where, part) => where[part], exports);
  const index = (f) => (minor < 14 ? f : new Uint32Array(memoryBuffer())[f >>> 2]);
  return {
    call: (name, { params, result }, args) =>
      keepHandle(result, at(name)(...args.map((arg, i) => lower(params[i], arg)))),
    // The loader counts `this` among a constructor's arguments, compilers do not.
    construct: (name, { params, result }, args) => {
      const values = args.map((arg, i) => lower(params[i], arg));
      exports.__setArgumentsLength?.(args.length);
      return keepHandle(result, at(name).prototype.constructor.original(0, ...values));
    },
    method: (name, object, method, { params, result }, args) =>
      keepHandle(result, at(name).wrap(object)[method](...args.map((arg, i) => lower(params[i], arg)))),
    getField: (name, object, field, type) => lift(type, at(name).wrap(object)[field]),
    setField: (name, object, field, type, value) => { at(name).wrap(object)[field] = lower(type, value); },
    getGlobal: (name, type) => lift(type, at(name).value ?? at(name)),
    setGlobal: (name, type, value) => { at(name).value = lower(type, value); },
    invoke: (f, args) => exports.table.get(index(f))(...args),
    lift,
    start: () => (raw._start ?? exports._start)?.(),
  };
}

/** A module by way of its bindings: values go in and out as they are. */
async function byBindings({ file }) {
  const out = path.join(cache, "out", file);
  if (!fs.readFileSync(out).equals(fs.readFileSync(path.join(here, file)))) throw Error("build.sh has to be run again");
  const source = path.join(path.dirname(out), path.basename(out, ".wasm") + ".mjs");
  fs.copyFileSync(out.replace(/wasm$/, "js"), source);
  const { instantiate } = await import(pathToFileURL(source));
  const imports = {
    env: memory(),
    world: { hostAdd: host.hostAdd, host: { note() {}, LEVEL: host.level } },
    outside: { scale: host.scale, limit: host.limit, describe },
  };
  const exports = await instantiate(new WebAssembly.Module(fs.readFileSync(out)), imports);
  const raw = Object.getPrototypeOf(exports);
  // Adapted globals are objects with a value; the members of an adapted enumeration are numbers in an object.
  const global = (name) => name.split(".").reduce((where, part) => where[part], exports);
  const buffer = (raw.memory ?? imports.env.memory).buffer;
  return {
    call: (name, signature, args) => exports[name](...args.map((arg) => (arg instanceof Handle ? arg.value : arg))),
    getGlobal: (name) => (typeof global(name) === "number" ? global(name) : global(name).value),
    setGlobal: (name, type, value) => { global(name).value = value; },
    invoke: (f, args) => raw.table.get(new Uint32Array(buffer)[f >>> 2])(...args),
    lift: (type, value) => value,
    start: () => raw.begin?.(),
  };
}

function abort(run) {
  try {
    run();
  } catch (error) {
    const [, message, file, line, column] = error.message.match(/^(?:abort: )?(.*) (?:at|in) (.*):(\d+):(\d+)$/s);
    return { message, file, line: Number(line), column: Number(column) };
  }
  throw Error("it should have aborted");
}

async function run(module, { steps }) {
  const guest = await (module.minor < 20 ? byLoader : byBindings)(module);
  guest.start();
  const handles = {};
  const values = (types, args) =>
    args.map((arg, i) => (typeof arg === "string" && arg[0] === "$" ? handles[arg.slice(1)] : fromJson(types[i], arg)));
  const entries = ({ keys, values }, handle) => {
    const list = (name) => {
      const { result } = signature(name);
      return toJson(result, guest.lift(result, guest.call(name, signature(name), [new Handle(handle)])));
    };
    return values ? list(keys).map((key, i) => [key, list(values)[i]]) : list(keys);
  };
  const outcome = (step, type, value, name) => {
    if (step.as) handles[step.as] = new Handle(value, name);
    if (step.expected) return step.expected;
    if (step.entries) return entries(step.entries, value);
    return step.as ? null : toJson(type, guest.lift(type, value));
  };
  return steps.map((step) => {
    const { args = [], type } = step;
    if (step.invoke) return guest.invoke(handles[step.invoke].value, args);
    if (step.read) return outcome(step, type, handles[step.read.slice(1)].value);
    if (step.construct) {
      const types = signature(`${step.construct}#constructor`);
      return outcome(step, types.result, guest.construct(step.construct, types, values(types.params, args)), step.construct);
    }
    if (step.on) {
      const { value: object, class: name } = handles[step.on];
      if (step.get) return toJson(type, guest.getField(name, object, step.get, type));
      if (step.set) return guest.setField(name, object, step.set, type, fromJson(type, step.value)), null;
      const inherited = [name, "shapes.Point"].find((name) => functions[`${name}#${step.call}`]);
      const types = signature(`${inherited}#${step.call}`);
      return outcome(step, types.result, guest.method(name, object, step.call, types, values(types.params, args)), name);
    }
    if (step.get) return toJson(type, guest.getGlobal(step.get, type));
    if (step.set) return guest.setGlobal(step.set, type, fromJson(type, step.value)), null;
    const types = signature(step.call);
    const call = () => guest.call(step.call, types, values(types.params, args));
    return step.aborts ? abort(call) : outcome(step, types.result, call(), step.class);
  });
}

const results = {};
const exceptions = {};
const inEra = {};
let runs = 0;
for (const module of modules.filter(({ source }) => source.endsWith("/guest.ts"))) {
  for (const test of cases) {
    if (module.minor < (test.from ?? 0) || module.minor > (test.to ?? Infinity)) continue;
    if (test.needs === "table" && !module.flags.includes("--exportTable")) continue;
    if (test.bindings === false && module.minor >= 20) continue;
    let result;
    try {
      result = await run(module, test);
    } catch (error) {
      console.error(`${module.file}, ${test.name}: ${error.stack}`);
      process.exitCode = 1;
      continue;
    }
    runs += 1;
    const text = JSON.stringify(result);
    const known = (inEra[`${module.era} ${test.name}`] ??= text);
    if (known !== text) {
      console.error(`${module.file}, ${test.name}: ${text}\nbut another module of that version: ${known}`);
      process.exitCode = 1;
    }
    results[test.name] ??= result;
    if (JSON.stringify(results[test.name]) !== text) (exceptions[module.era] ??= {})[test.name] = result;
  }
}
const lines = (object) =>
  Object.entries(object).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
const eras = Object.entries(exceptions).map(([era, tests]) => `    ${JSON.stringify(era)}: {\n${lines(tests)}\n    }`);
fs.writeFileSync(
  path.join(here, "expected.json"),
  `{\n  "results": {\n${lines(results)}\n  },\n  "exceptions": {\n${eras.join(",\n")}\n  }\n}\n`,
);
console.log(`${runs} runs of ${cases.length} cases; ${Object.keys(exceptions).length} versions differ from the latest somewhere`);
