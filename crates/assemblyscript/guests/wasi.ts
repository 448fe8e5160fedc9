// asc guests/wasi.ts --config node_modules/@assemblyscript/wasi-shim/asconfig.json -o guests/wasi.wasm --exportRuntime --optimize
// by version 0.28.20, with version 0.1.0 of the shim.

export function shout(text: string): i32 {
  console.log(text.toUpperCase());
  return text.length;
}

export function argument(i: i32): string {
  return process.argv[i];
}

export function variable(name: string): string | null {
  return process.env.has(name) ? process.env.get(name) : null;
}

export function now(): i64 {
  return Date.now();
}

export function random(): f64 {
  return Math.random();
}

export function fail(reason: string): void {
  throw new Error(reason);
}

export function exit(code: i32): void {
  process.exit(code);
}
