// A program for WASI by way of the package that current compilers take it from.

console.log("started");

export function giveUp(): void {
  throw new Error("given up");
}

export function random(): f64 {
  return Math.random();
}

export function now(): i64 {
  return Date.now();
}

export function say(text: string): void {
  console.log(text);
  console.error(text);
}

export function leave(code: i32): void {
  process.exit(code);
}

export function environment(name: string): string {
  return process.env.has(name) ? process.env.get(name) : "";
}
