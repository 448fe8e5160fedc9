declare namespace __AdaptedExports {
  /** Exported memory */
  export const memory: WebAssembly.Memory;
  /** Exported table */
  export const table: WebAssembly.Table;
  /**
   * records/turn
   * @param v `records/Vec3`
   * @param factor `i64`
   * @returns `records/Vec3`
   */
  export function turn(v: __Record5<undefined>, factor: bigint): __Record5<never>;
  /**
   * records/length
   * @param list `records/Vec3 | null`
   * @returns `i32`
   */
  export function length(list?: __Record5<undefined> | null): number;
  /**
   * records/newCounter
   * @returns `records/Counter`
   */
  export function newCounter(): __Internref8;
  /**
   * records/count
   * @param counter `records/Counter`
   * @returns `i32`
   */
  export function count(counter: __Internref8): number;
  /**
   * records/each
   * @param names `~lib/array/Array<~lib/string/String|null>`
   * @param type `(~lib/string/String) => i32`
   * @returns `~lib/array/Array<i32>`
   */
  export function each(names: Array<string | null>, type: __Internref10): Array<number>;
  /**
   * records/lengths
   * @returns `(~lib/string/String) => i32`
   */
  export function lengths(): __Internref10;
  /**
   * records/clamp
   * @param values `~lib/typedarray/Uint8ClampedArray`
   * @param self `i32`
   * @param low `u8`
   * @param high `u8`
   * @returns `~lib/typedarray/Uint8ClampedArray`
   */
  export function clamp(values: Uint8ClampedArray, self: number, low?: number, high?: number): Uint8ClampedArray;
  /**
   * records/deep
   * @param map `~lib/map/Map<i32,~lib/set/Set<~lib/string/String>>`
   * @returns `~lib/map/Map<i32,~lib/set/Set<~lib/string/String>>`
   */
  export function deep(map: __Internref13): __Internref13;
  /** records/Sign */
  export enum Sign {
    /** @type `i32` */
    Minus,
    /** @type `i32` */
    Zero,
    /** @type `i32` */
    Plus,
    /** @type `i32` */
    Positive,
  }
  /** records/list */
  export const list: {
    /** @type `~lib/array/Array<i32>` */
    get value(): Array<number>;
    set value(value: Array<number>);
  };
  /**
   * records/move
   */
  export function move(): void;
}
/** records/Vec3 */
declare interface __Record5<TOmittable> {
  /** @type `f64` */
  x: number | TOmittable;
  /** @type `f64` */
  y: number | TOmittable;
  /** @type `~lib/string/String` */
  tag: string;
  /** @type `records/Vec3 | null` */
  next: __Record5<undefined> | null | TOmittable;
  /** @type `u8` */
  small: number | TOmittable;
  /** @type `~lib/staticarray/StaticArray<i32>` */
  numbers: ArrayLike<number>;
  /** @type `~lib/arraybuffer/ArrayBuffer` */
  bytes: ArrayBuffer;
  /** @type `i64` */
  big: bigint | TOmittable;
  /** @type `~lib/typedarray/Uint16Array` */
  typed: Uint16Array;
}
/** records/Counter */
declare class __Internref8 extends Number {
  private __nominal8: symbol;
  private __nominal0: symbol;
}
/** ~lib/function/Function<%28~lib/string/String%29=>i32> */
declare class __Internref10 extends Number {
  private __nominal10: symbol;
  private __nominal0: symbol;
}
/** ~lib/map/Map<i32,~lib/set/Set<~lib/string/String>> */
declare class __Internref13 extends Number {
  private __nominal13: symbol;
  private __nominal0: symbol;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
  env: unknown,
}): Promise<typeof __AdaptedExports>;
