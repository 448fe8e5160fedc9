// asc guests/records.ts -o guests/records.wasm --bindings raw --exportTable --optimize
// by version 0.28.20; beside it lies the records.d.ts that it writes.

class Vec3 {
  x!: f64;
  y!: f64;
  tag!: string;
  next!: Vec3 | null;
  small!: u8;
  numbers!: StaticArray<i32>;
  bytes!: ArrayBuffer;
  big!: i64;
  typed!: Uint16Array;
}

class Counter {
  private count: i32 = 3;
  constructor() {}
  next(): i32 { return ++this.count; }
}

export function turn(v: Vec3, factor: i64): Vec3 {
  const x = v.x;
  v.x = -v.y;
  v.y = x;
  v.big *= factor;
  return v;
}

export function length(list: Vec3 | null = null): i32 {
  let length = 0;
  while (list) {
    length++;
    list = list.next;
  }
  return length;
}

export function newCounter(): Counter { return new Counter(); }
export function count(counter: Counter): i32 { return counter.next(); }

export function each(names: (string | null)[], type: (name: string) => i32): i32[] {
  const results: i32[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    results.push(name ? type(name) : -1);
  }
  return results;
}

export function lengths(): (name: string) => i32 { return (name: string) => name.length; }

export function clamp(values: Uint8ClampedArray, self: i32, low: u8 = 10, high: u8 = 20): Uint8ClampedArray {
  for (let i = 0; i < values.length; i++) values[i] = max(low, min(high, values[i]));
  return values;
}

export function deep(map: Map<i32, Set<string>>): Map<i32, Set<string>> { return map; }

export enum Sign { Minus = -1, Zero, Plus, Positive = 1 }

export let list: i32[] = [1];
export function move(): void { list.push(list.length); }
