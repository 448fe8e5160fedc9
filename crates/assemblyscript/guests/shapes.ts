// asc guests/shapes.ts -b guests/shapes.wasm --exportRuntime --optimize
// by version 0.19.23, the last that exports classes.

export namespace geo {
  export class Shape {
    static made: i32 = 0;
    static unit(): Shape { return new Shape("unit", 1); }

    constructor(public name: string, public size: f64 = 2, private scale: f64 = 10) {
      Shape.made++;
    }

    get area(): f64 { return this.size * this.size * this.scale; }
    grow(by: f64 = 1): f64 { return this.size += by; }
    describe(prefixes: string[]): string { return prefixes.join(" ") + " " + this.name; }
    same(other: Shape): bool { return this.name == other.name && this.size == other.size; }
  }

  export class Round extends Shape {
    get area(): f64 { return 3 * this.size * this.size; }
  }
}

export class Pair<T> {
  constructor(public first: T, public second: T) {}
  swapped(): Pair<T> { return new Pair<T>(this.second, this.first); }
}

export type Names = Pair<string>;
export function pair(a: string, b: string): Pair<string> { return new Pair<string>(a, b); }
