// asc guests/tour.ts -o guests/tour.wasm -t "" --bindings raw --exportRuntime --exportTable --optimize
// by version 0.28.20; beside it lies the tour.d.ts that it writes.

declare function ask(question: string): string[];

export function greet(name: string): string {
  return `Hello, ${name}!`;
}

export function interview(question: string): string {
  return ask(question).join(" ");
}

export function sum(numbers: i32[]): i32 {
  return numbers.reduce((sum, x) => sum + x, 0);
}

export function words(text: string): string[] {
  return text.split(" ");
}

export function transpose(rows: f64[][]): f64[][] {
  const columns = new Array<f64[]>();
  for (let i = 0; i < rows[0].length; i++) {
    const column = new Array<f64>();
    for (let j = 0; j < rows.length; j++) column.push(rows[j][i]);
    columns.push(column);
  }
  return columns;
}

export function count(text: string): Map<string, i32> {
  const counts = new Map<string, i32>();
  const all = text.split(" ");
  for (let i = 0; i < all.length; i++) {
    const word = all[i];
    counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
  }
  return counts;
}

export function total(counts: Map<string, i32>, extra: string): i32 {
  counts.set(extra, 1000);
  const values = counts.values();
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total + counts.get(extra);
}

export function distinct(numbers: u8[]): Set<u8> {
  const set = new Set<u8>();
  for (let i = 0; i < numbers.length; i++) set.add(numbers[i]);
  return set;
}

export function has(set: Set<u8>, number: u8): bool {
  return set.has(number);
}

const image = new Uint8Array(16);

export function pixels(): Uint8Array {
  return image;
}

export function brightest(): u8 {
  let brightest: u8 = 0;
  for (let i = 0; i < image.length; i++) brightest = max(brightest, image[i]);
  return brightest;
}

export function adder(): (a: i32, b: i32) => i32 {
  return (a: i32, b: i32) => a + b;
}

export function apply(f: (a: i32, b: i32) => i32, a: i32, b: i32): i32 {
  return f(a, b);
}

export function power(base: i32, exponent: i32 = 2): i32 {
  let result = 1;
  for (let i = 0; i < exponent; i++) result *= base;
  return result;
}

export function find(names: string[], start: string): string | null {
  for (let i = 0; i < names.length; i++) if (names[i].startsWith(start)) return names[i];
  return null;
}

export enum Color { Red, Green = 5, Blue }

export function next(color: Color): Color {
  return color == Color.Red ? Color.Green : color == Color.Green ? Color.Blue : Color.Red;
}

export const VERSION: string = "1.2";
export let volume: f64 = 0.5;

export class Point {
  x: f64 = 0;
  y: f64 = 0;
}

export class Shape extends Point {
  visible: bool = false;
  name: string = "";
  corners: Point[] = [];
}

export const POINT = idof<Point>();
export const SHAPE = idof<Shape>();

export function square(name: string, x: f64, y: f64, side: f64): Shape {
  const shape = new Shape();
  shape.x = x;
  shape.y = y;
  shape.visible = true;
  shape.name = name;
  for (let i = 0; i < 4; i++) {
    const corner = new Point();
    corner.x = x + (i % 3 == 0 ? 0 : side);
    corner.y = y + (i < 2 ? 0 : side);
    shape.corners.push(corner);
  }
  return shape;
}

export function area(shape: Shape): f64 {
  const a = shape.corners[0], c = shape.corners[2];
  return shape.visible ? (c.x - a.x) * (c.y - a.y) : 0;
}

export function fail(reason: string): void {
  throw new Error(reason);
}

export function talk(): void {
  trace("numbers", 2, 1.5, -2);
  console.log("to the console");
  console.assert(1 > 2, "one is more");
}

export function roll(): f64 {
  return Math.random();
}

export function now(): i64 {
  return Date.now();
}
