// What the guest asks of the host.

declare function hostAdd(a: i32, b: i32): i32;

declare namespace host {
  export function note(text: string): void;
  export const LEVEL: i32;
}

@external("outside", "scale")
declare function scaleBy(x: f64, factor: f64): f64;

@external("outside", "describe")
declare function describe(values: i32[]): string;

@external("outside", "limit")
declare const limit: f64;

export function addThroughHost(a: i32, b: i32): i32 {
  return hostAdd(a, b);
}

export function noteTwice(text: string): void {
  host.note(text);
  host.note(text + text);
}

export function hostLevel(): i32 {
  return host.LEVEL;
}

export function scaleThroughHost(x: f64): f64 {
  return scaleBy(x, 2.5);
}

export function describeThroughHost(n: i32): string {
  let values: i32[] = [];
  for (let i = 0; i < n; i++) values.push(i);
  return "<" + describe(values) + ">";
}

export function hostLimit(): f64 {
  return limit;
}

export function fail(message: string): void {
  throw new Error(message);
}

export function failUnless(condition: bool): void {
  assert(condition, "it was not so");
}

export function traceTwice(): void {
  trace("plain");
  trace("numbers", 5, 1, 2.5, -3, 4e30, 0.1);
}

export function timeNow(): f64 {
  return <f64>Date.now();
}

export function random(): f64 {
  return Math.random();
}
