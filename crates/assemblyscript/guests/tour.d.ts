declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /** Exported table */
  export const table: WebAssembly.Table;
  // Exported runtime interface
  export function __new(size: number, id: number): number;
  export function __pin(ptr: number): number;
  export function __unpin(ptr: number): void;
  export function __collect(): void;
  export const __rtti_base: number;
  /**
   * tour/greet
   * @param name `~lib/string/String`
   * @returns `~lib/string/String`
   */
  export function greet(name: string): string;
  /**
   * tour/interview
   * @param question `~lib/string/String`
   * @returns `~lib/string/String`
   */
  export function interview(question: string): string;
  /**
   * tour/sum
   * @param numbers `~lib/array/Array<i32>`
   * @returns `i32`
   */
  export function sum(numbers: Array<number>): number;
  /**
   * tour/words
   * @param text `~lib/string/String`
   * @returns `~lib/array/Array<~lib/string/String>`
   */
  export function words(text: string): Array<string>;
  /**
   * tour/transpose
   * @param rows `~lib/array/Array<~lib/array/Array<f64>>`
   * @returns `~lib/array/Array<~lib/array/Array<f64>>`
   */
  export function transpose(rows: Array<Array<number>>): Array<Array<number>>;
  /**
   * tour/count
   * @param text `~lib/string/String`
   * @returns `~lib/map/Map<~lib/string/String,i32>`
   */
  export function count(text: string): __Internref14;
  /**
   * tour/total
   * @param counts `~lib/map/Map<~lib/string/String,i32>`
   * @param extra `~lib/string/String`
   * @returns `i32`
   */
  export function total(counts: __Internref14, extra: string): number;
  /**
   * tour/distinct
   * @param numbers `~lib/array/Array<u8>`
   * @returns `~lib/set/Set<u8>`
   */
  export function distinct(numbers: Array<number>): __Internref16;
  /**
   * tour/has
   * @param set `~lib/set/Set<u8>`
   * @param number `u8`
   * @returns `bool`
   */
  export function has(set: __Internref16, number: number): boolean;
  /**
   * tour/pixels
   * @returns `~lib/typedarray/Uint8Array`
   */
  export function pixels(): Uint8Array;
  /**
   * tour/brightest
   * @returns `u8`
   */
  export function brightest(): number;
  /**
   * tour/adder
   * @returns `(i32, i32) => i32`
   */
  export function adder(): __Internref17;
  /**
   * tour/apply
   * @param f `(i32, i32) => i32`
   * @param a `i32`
   * @param b `i32`
   * @returns `i32`
   */
  export function apply(f: __Internref17, a: number, b: number): number;
  /**
   * tour/power
   * @param base `i32`
   * @param exponent `i32`
   * @returns `i32`
   */
  export function power(base: number, exponent?: number): number;
  /**
   * tour/find
   * @param names `~lib/array/Array<~lib/string/String>`
   * @param start `~lib/string/String`
   * @returns `~lib/string/String | null`
   */
  export function find(names: Array<string>, start: string): string | null;
  /** tour/Color */
  export enum Color {
    /** @type `i32` */
    Red,
    /** @type `i32` */
    Green,
    /** @type `i32` */
    Blue,
  }
  /**
   * tour/next
   * @param color `i32`
   * @returns `i32`
   */
  export function next(color: number): number;
  /** tour/VERSION */
  export const VERSION: {
    /** @type `~lib/string/String` */
    get value(): string
  };
  /** tour/volume */
  export const volume: {
    /** @type `f64` */
    get value(): number;
    set value(value: number);
  };
  /** tour/POINT */
  export const POINT: {
    /** @type `u32` */
    get value(): number
  };
  /** tour/SHAPE */
  export const SHAPE: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * tour/square
   * @param name `~lib/string/String`
   * @param x `f64`
   * @param y `f64`
   * @param side `f64`
   * @returns `tour/Shape`
   */
  export function square(name: string, x: number, y: number, side: number): __Internref6;
  /**
   * tour/area
   * @param shape `tour/Shape`
   * @returns `f64`
   */
  export function area(shape: __Internref6): number;
  /**
   * tour/fail
   * @param reason `~lib/string/String`
   */
  export function fail(reason: string): void;
  /**
   * tour/talk
   */
  export function talk(): void;
  /**
   * tour/roll
   * @returns `f64`
   */
  export function roll(): number;
  /**
   * tour/now
   * @returns `i64`
   */
  export function now(): bigint;
}
/** ~lib/map/Map<~lib/string/String,i32> */
declare class __Internref14 extends Number {
  private __nominal14: symbol;
  private __nominal0: symbol;
}
/** ~lib/set/Set<u8> */
declare class __Internref16 extends Number {
  private __nominal16: symbol;
  private __nominal0: symbol;
}
/** ~lib/function/Function<%28i32%2Ci32%29=>i32> */
declare class __Internref17 extends Number {
  private __nominal17: symbol;
  private __nominal0: symbol;
}
/** tour/Shape */
declare class __Internref6 extends Number {
  private __nominal6: symbol;
  private __nominal5: symbol;
  private __nominal0: symbol;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
  env: unknown,
  tour: unknown,
}): Promise<typeof __AdaptedExports>;
