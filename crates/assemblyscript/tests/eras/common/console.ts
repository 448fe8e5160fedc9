// What compilers from 0.20 on import for consoles, clocks and processes.

export function sayAll(text: string): void {
  console.log(text);
  console.debug(text + " debug");
  console.info(text + " info");
  console.warn(text + " warn");
  console.error(text + " error");
  console.assert(text.length > 0, "not this");
  console.assert(text.length == 0, "but this");
}

export function measure(): void {
  console.time("watch");
  console.timeLog("watch");
  console.timeEnd("watch");
}

export function elapsed(): f64 {
  return performance.now();
}

export function randomBytes(n: i32): Uint8Array {
  let bytes = new Uint8Array(n);
  crypto.getRandomValues(bytes);
  return bytes;
}

export function exit(code: i32): void {
  process.exit(code);
}
