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
  /** common/strings/greeting */
  export const greeting: {
    /** @type `~lib/string/String` */
    get value(): string
  };
  /**
   * common/strings/echoString
   * @param s `~lib/string/String`
   * @returns `~lib/string/String`
   */
  export function echoString(s: string): string;
  /**
   * common/strings/joinStrings
   * @param a `~lib/string/String`
   * @param b `~lib/string/String`
   * @returns `~lib/string/String`
   */
  export function joinStrings(a: string, b: string): string;
  /**
   * common/strings/repeat
   * @param s `~lib/string/String`
   * @param times `i32`
   * @returns `~lib/string/String`
   */
  export function repeat(s: string, times: number): string;
  /**
   * common/strings/lengthOf
   * @param s `~lib/string/String`
   * @returns `i32`
   */
  export function lengthOf(s: string): number;
  /**
   * common/strings/codeUnit
   * @param s `~lib/string/String`
   * @param index `i32`
   * @returns `i32`
   */
  export function codeUnit(s: string, index: number): number;
  /**
   * common/strings/emptyString
   * @returns `~lib/string/String`
   */
  export function emptyString(): string;
  /**
   * common/strings/loneSurrogates
   * @returns `~lib/string/String`
   */
  export function loneSurrogates(): string;
  /**
   * common/strings/noString
   * @param yes `bool`
   * @returns `~lib/string/String | null`
   */
  export function noString(yes: boolean): string | null;
  /**
   * common/strings/lengthOrMinusOne
   * @param s `~lib/string/String | null`
   * @returns `i32`
   */
  export function lengthOrMinusOne(s: string | null): number;
  /** common/numbers/Color */
  export enum Color {
    /** @type `i32` */
    Red,
    /** @type `i32` */
    Green,
    /** @type `i32` */
    Blue,
  }
  /** common/numbers/ANSWER */
  export const ANSWER: {
    /** @type `i32` */
    get value(): number
  };
  /** common/numbers/LARGEST */
  export const LARGEST: {
    /** @type `u32` */
    get value(): number
  };
  /** common/numbers/BIG */
  export const BIG: {
    /** @type `i64` */
    get value(): bigint
  };
  /** common/numbers/BIGGEST */
  export const BIGGEST: {
    /** @type `u64` */
    get value(): bigint
  };
  /** common/numbers/HALF */
  export const HALF: {
    /** @type `f32` */
    get value(): number
  };
  /** common/numbers/THIRD */
  export const THIRD: {
    /** @type `f64` */
    get value(): number
  };
  /** common/numbers/YES */
  export const YES: {
    /** @type `bool` */
    get value(): boolean
  };
  /** common/numbers/counter */
  export const counter: {
    /** @type `i32` */
    get value(): number;
    set value(value: number);
  };
  /** common/numbers/ratio */
  export const ratio: {
    /** @type `f64` */
    get value(): number;
    set value(value: number);
  };
  /**
   * common/numbers/count
   * @returns `i32`
   */
  export function count(): number;
  /**
   * common/numbers/echoI8
   * @param x `i8`
   * @returns `i8`
   */
  export function echoI8(x: number): number;
  /**
   * common/numbers/echoU8
   * @param x `u8`
   * @returns `u8`
   */
  export function echoU8(x: number): number;
  /**
   * common/numbers/echoI16
   * @param x `i16`
   * @returns `i16`
   */
  export function echoI16(x: number): number;
  /**
   * common/numbers/echoU16
   * @param x `u16`
   * @returns `u16`
   */
  export function echoU16(x: number): number;
  /**
   * common/numbers/echoU32
   * @param x `u32`
   * @returns `u32`
   */
  export function echoU32(x: number): number;
  /**
   * common/numbers/negateI64
   * @param x `i64`
   * @returns `i64`
   */
  export function negateI64(x: bigint): bigint;
  /**
   * common/numbers/halfU64
   * @param x `u64`
   * @returns `u64`
   */
  export function halfU64(x: bigint): bigint;
  /**
   * common/numbers/doubleF32
   * @param x `f32`
   * @returns `f32`
   */
  export function doubleF32(x: number): number;
  /**
   * common/numbers/doubleF64
   * @param x `f64`
   * @returns `f64`
   */
  export function doubleF64(x: number): number;
  /**
   * common/numbers/not
   * @param x `bool`
   * @returns `bool`
   */
  export function not(x: boolean): boolean;
  /**
   * common/numbers/nextColor
   * @param color `i32`
   * @returns `i32`
   */
  export function nextColor(color: number): number;
  /**
   * common/buffers/xorBuffer
   * @param buffer `~lib/arraybuffer/ArrayBuffer`
   * @param mask `u8`
   * @returns `~lib/arraybuffer/ArrayBuffer`
   */
  export function xorBuffer(buffer: ArrayBuffer, mask: number): ArrayBuffer;
  /**
   * common/buffers/zeros
   * @param length `i32`
   * @returns `~lib/arraybuffer/ArrayBuffer`
   */
  export function zeros(length: number): ArrayBuffer;
  /** common/typed/Int8Array_ID */
  export const Int8Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextInt8
   * @param array `~lib/typedarray/Int8Array`
   * @returns `~lib/typedarray/Int8Array`
   */
  export function nextInt8(array: Int8Array): Int8Array;
  /** common/typed/Uint8Array_ID */
  export const Uint8Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextUint8
   * @param array `~lib/typedarray/Uint8Array`
   * @returns `~lib/typedarray/Uint8Array`
   */
  export function nextUint8(array: Uint8Array): Uint8Array;
  /** common/typed/Uint8ClampedArray_ID */
  export const Uint8ClampedArray_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextUint8Clamped
   * @param array `~lib/typedarray/Uint8ClampedArray`
   * @returns `~lib/typedarray/Uint8ClampedArray`
   */
  export function nextUint8Clamped(array: Uint8ClampedArray): Uint8ClampedArray;
  /** common/typed/Int16Array_ID */
  export const Int16Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextInt16
   * @param array `~lib/typedarray/Int16Array`
   * @returns `~lib/typedarray/Int16Array`
   */
  export function nextInt16(array: Int16Array): Int16Array;
  /** common/typed/Uint16Array_ID */
  export const Uint16Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextUint16
   * @param array `~lib/typedarray/Uint16Array`
   * @returns `~lib/typedarray/Uint16Array`
   */
  export function nextUint16(array: Uint16Array): Uint16Array;
  /** common/typed/Int32Array_ID */
  export const Int32Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextInt32
   * @param array `~lib/typedarray/Int32Array`
   * @returns `~lib/typedarray/Int32Array`
   */
  export function nextInt32(array: Int32Array): Int32Array;
  /** common/typed/Uint32Array_ID */
  export const Uint32Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextUint32
   * @param array `~lib/typedarray/Uint32Array`
   * @returns `~lib/typedarray/Uint32Array`
   */
  export function nextUint32(array: Uint32Array): Uint32Array;
  /** common/typed/Int64Array_ID */
  export const Int64Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextInt64
   * @param array `~lib/typedarray/Int64Array`
   * @returns `~lib/typedarray/Int64Array`
   */
  export function nextInt64(array: BigInt64Array): BigInt64Array;
  /** common/typed/Uint64Array_ID */
  export const Uint64Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextUint64
   * @param array `~lib/typedarray/Uint64Array`
   * @returns `~lib/typedarray/Uint64Array`
   */
  export function nextUint64(array: BigUint64Array): BigUint64Array;
  /** common/typed/Float32Array_ID */
  export const Float32Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextFloat32
   * @param array `~lib/typedarray/Float32Array`
   * @returns `~lib/typedarray/Float32Array`
   */
  export function nextFloat32(array: Float32Array): Float32Array;
  /** common/typed/Float64Array_ID */
  export const Float64Array_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/typed/nextFloat64
   * @param array `~lib/typedarray/Float64Array`
   * @returns `~lib/typedarray/Float64Array`
   */
  export function nextFloat64(array: Float64Array): Float64Array;
  /**
   * common/typed/middle
   * @param array `~lib/typedarray/Int32Array`
   * @returns `~lib/typedarray/Int32Array`
   */
  export function middle(array: Int32Array): Int32Array;
  /** common/arrays/I32s_ID */
  export const I32s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/F64s_ID */
  export const F64s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/U8s_ID */
  export const U8s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/I64s_ID */
  export const I64s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/Bools_ID */
  export const Bools_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/Strings_ID */
  export const Strings_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/Maybes_ID */
  export const Maybes_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/NestedI32s_ID */
  export const NestedI32s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/NestedStrings_ID */
  export const NestedStrings_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/DeepStrings_ID */
  export const DeepStrings_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/arrays/Pairs_ID */
  export const Pairs_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/arrays/sumI32s
   * @param values `~lib/array/Array<i32>`
   * @returns `i32`
   */
  export function sumI32s(values: Array<number>): number;
  /**
   * common/arrays/upTo
   * @param n `i32`
   * @returns `~lib/array/Array<i32>`
   */
  export function upTo(n: number): Array<number>;
  /**
   * common/arrays/halves
   * @param values `~lib/array/Array<f64>`
   * @returns `~lib/array/Array<f64>`
   */
  export function halves(values: Array<number>): Array<number>;
  /**
   * common/arrays/reversedBytes
   * @param values `~lib/array/Array<u8>`
   * @returns `~lib/array/Array<u8>`
   */
  export function reversedBytes(values: Array<number>): Array<number>;
  /**
   * common/arrays/negateAll
   * @param values `~lib/array/Array<i64>`
   * @returns `~lib/array/Array<i64>`
   */
  export function negateAll(values: Array<bigint>): Array<bigint>;
  /**
   * common/arrays/invert
   * @param values `~lib/array/Array<bool>`
   * @returns `~lib/array/Array<bool>`
   */
  export function invert(values: Array<boolean>): Array<boolean>;
  /**
   * common/arrays/joinAll
   * @param words `~lib/array/Array<~lib/string/String>`
   * @param separator `~lib/string/String`
   * @returns `~lib/string/String`
   */
  export function joinAll(words: Array<string>, separator: string): string;
  /**
   * common/arrays/splitWords
   * @param text `~lib/string/String`
   * @returns `~lib/array/Array<~lib/string/String>`
   */
  export function splitWords(text: string): Array<string>;
  /**
   * common/arrays/exchangeNulls
   * @param words `~lib/array/Array<~lib/string/String|null>`
   * @returns `~lib/array/Array<~lib/string/String|null>`
   */
  export function exchangeNulls(words: Array<string | null>): Array<string | null>;
  /**
   * common/arrays/flatten
   * @param rows `~lib/array/Array<~lib/array/Array<i32>>`
   * @returns `~lib/array/Array<i32>`
   */
  export function flatten(rows: Array<Array<number>>): Array<number>;
  /**
   * common/arrays/triangle
   * @param n `i32`
   * @returns `~lib/array/Array<~lib/array/Array<i32>>`
   */
  export function triangle(n: number): Array<Array<number>>;
  /**
   * common/arrays/concatPages
   * @param pages `~lib/array/Array<~lib/array/Array<~lib/array/Array<~lib/string/String>>>`
   * @returns `~lib/string/String`
   */
  export function concatPages(pages: Array<Array<Array<string>>>): string;
  /**
   * common/arrays/splitPages
   * @param text `~lib/string/String`
   * @returns `~lib/array/Array<~lib/array/Array<~lib/array/Array<~lib/string/String>>>`
   */
  export function splitPages(text: string): Array<Array<Array<string>>>;
  /**
   * common/arrays/makePairs
   * @param n `i32`
   * @returns `~lib/array/Array<common/arrays/Pair>`
   */
  export function makePairs(n: number): Array<__Record25<never>>;
  /**
   * common/arrays/sumPairs
   * @param pairs `~lib/array/Array<common/arrays/Pair>`
   * @returns `f64`
   */
  export function sumPairs(pairs: Array<__Record25<undefined>>): number;
  /** common/statics/StaticI32s_ID */
  export const StaticI32s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/statics/StaticU8s_ID */
  export const StaticU8s_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/statics/StaticStrings_ID */
  export const StaticStrings_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/statics/sumStatic
   * @param values `~lib/staticarray/StaticArray<i32>`
   * @returns `i32`
   */
  export function sumStatic(values: ArrayLike<number>): number;
  /**
   * common/statics/squares
   * @param n `i32`
   * @returns `~lib/staticarray/StaticArray<i32>`
   */
  export function squares(n: number): ArrayLike<number>;
  /**
   * common/statics/digits
   * @param n `u32`
   * @returns `~lib/staticarray/StaticArray<u8>`
   */
  export function digits(n: number): ArrayLike<number>;
  /**
   * common/statics/staticWords
   * @param words `~lib/staticarray/StaticArray<~lib/string/String>`
   * @returns `~lib/staticarray/StaticArray<~lib/string/String>`
   */
  export function staticWords(words: ArrayLike<string>): ArrayLike<string>;
  /** common/maps/Scores_ID */
  export const Scores_ID: {
    /** @type `u32` */
    get value(): number
  };
  /** common/maps/Names_ID */
  export const Names_ID: {
    /** @type `u32` */
    get value(): number
  };
  /**
   * common/maps/makeScores
   * @param names `~lib/array/Array<~lib/string/String>`
   * @returns `~lib/map/Map<~lib/string/String,i32>`
   */
  export function makeScores(names: Array<string>): __Internref30;
  /**
   * common/maps/removeScore
   * @param scores `~lib/map/Map<~lib/string/String,i32>`
   * @param name `~lib/string/String`
   * @returns `bool`
   */
  export function removeScore(scores: __Internref30, name: string): boolean;
  /**
   * common/maps/scoreNames
   * @param scores `~lib/map/Map<~lib/string/String,i32>`
   * @returns `~lib/array/Array<~lib/string/String>`
   */
  export function scoreNames(scores: __Internref30): Array<string>;
  /**
   * common/maps/scoreValues
   * @param scores `~lib/map/Map<~lib/string/String,i32>`
   * @returns `~lib/array/Array<i32>`
   */
  export function scoreValues(scores: __Internref30): Array<number>;
  /**
   * common/maps/makeSquares
   * @param n `i32`
   * @returns `~lib/map/Map<i32,f64>`
   */
  export function makeSquares(n: number): __Internref33;
  /**
   * common/maps/makeFlags
   * @returns `~lib/map/Map<u8,bool>`
   */
  export function makeFlags(): __Internref34;
  /**
   * common/maps/makeLists
   * @param n `i32`
   * @returns `~lib/map/Map<i64,~lib/array/Array<~lib/string/String>>`
   */
  export function makeLists(n: number): __Internref35;
  /**
   * common/maps/makeNames
   * @param names `~lib/array/Array<~lib/string/String>`
   * @returns `~lib/set/Set<~lib/string/String>`
   */
  export function makeNames(names: Array<string>): __Internref31;
  /**
   * common/maps/hasName
   * @param names `~lib/set/Set<~lib/string/String>`
   * @param name `~lib/string/String`
   * @returns `bool`
   */
  export function hasName(names: __Internref31, name: string): boolean;
  /**
   * common/maps/listNames
   * @param names `~lib/set/Set<~lib/string/String>`
   * @returns `~lib/array/Array<~lib/string/String>`
   */
  export function listNames(names: __Internref31): Array<string>;
  /**
   * common/maps/makeBytes
   * @param n `i32`
   * @returns `~lib/set/Set<u8>`
   */
  export function makeBytes(n: number): __Internref36;
  /**
   * common/maps/makeReals
   * @param n `i32`
   * @returns `~lib/set/Set<f64>`
   */
  export function makeReals(n: number): __Internref37;
  /**
   * common/functions/usualGreeting
   * @returns `~lib/string/String`
   */
  export function usualGreeting(): string;
  /**
   * common/functions/greet
   * @param name `~lib/string/String`
   * @param greeting `~lib/string/String`
   * @param times `i32`
   * @returns `~lib/string/String`
   */
  export function greet(name: string, greeting?: string, times?: number): string;
  /**
   * common/functions/sumOptional
   * @param a `i32`
   * @param b `i32`
   * @param c `i32`
   * @returns `i32`
   */
  export function sumOptional(a: number, b?: number, c?: number): number;
  /**
   * common/functions/noneNeeded
   * @param a `f64`
   * @returns `f64`
   */
  export function noneNeeded(a?: number): number;
  /**
   * common/functions/getFunction
   * @param multiplies `bool`
   * @returns `(i32, i32) => i32`
   */
  export function getFunction(multiplies: boolean): __Internref32;
  /**
   * common/functions/keepFunction
   * @param f `(i32, i32) => i32`
   */
  export function keepFunction(f: __Internref32): void;
  /**
   * common/functions/keptFunction
   * @returns `(i32, i32) => i32`
   */
  export function keptFunction(): __Internref32;
  /**
   * common/functions/callKept
   * @param a `i32`
   * @param b `i32`
   * @returns `i32`
   */
  export function callKept(a: number, b: number): number;
  /**
   * common/functions/apply
   * @param f `(i32, i32) => i32`
   * @param a `i32`
   * @param b `i32`
   * @returns `i32`
   */
  export function apply(f: __Internref32, a: number, b: number): number;
  /**
   * common/world/addThroughHost
   * @param a `i32`
   * @param b `i32`
   * @returns `i32`
   */
  export function addThroughHost(a: number, b: number): number;
  /**
   * common/world/noteTwice
   * @param text `~lib/string/String`
   */
  export function noteTwice(text: string): void;
  /**
   * common/world/hostLevel
   * @returns `i32`
   */
  export function hostLevel(): number;
  /**
   * common/world/scaleThroughHost
   * @param x `f64`
   * @returns `f64`
   */
  export function scaleThroughHost(x: number): number;
  /**
   * common/world/describeThroughHost
   * @param n `i32`
   * @returns `~lib/string/String`
   */
  export function describeThroughHost(n: number): string;
  /**
   * common/world/hostLimit
   * @returns `f64`
   */
  export function hostLimit(): number;
  /**
   * common/world/fail
   * @param message `~lib/string/String`
   */
  export function fail(message: string): void;
  /**
   * common/world/failUnless
   * @param condition `bool`
   */
  export function failUnless(condition: boolean): void;
  /**
   * common/world/traceTwice
   */
  export function traceTwice(): void;
  /**
   * common/world/timeNow
   * @returns `f64`
   */
  export function timeNow(): number;
  /**
   * common/world/random
   * @returns `f64`
   */
  export function random(): number;
  /**
   * common/holding/wasStarted
   * @returns `i32`
   */
  export function wasStarted(): number;
  /**
   * common/holding/hold
   * @param text `~lib/string/String`
   */
  export function hold(text: string): void;
  /**
   * common/holding/held
   * @returns `~lib/string/String`
   */
  export function held(): string;
  /**
   * common/holding/holdRows
   * @param rows `~lib/array/Array<~lib/array/Array<~lib/string/String>>`
   */
  export function holdRows(rows: Array<Array<string>>): void;
  /**
   * common/holding/rowsHeld
   * @returns `~lib/array/Array<~lib/array/Array<~lib/string/String>>`
   */
  export function rowsHeld(): Array<Array<string>>;
  /**
   * common/holding/churn
   * @param n `i32`
   * @returns `i32`
   */
  export function churn(n: number): number;
  /**
   * common/holding/growMemory
   * @param pages `i32`
   * @returns `i32`
   */
  export function growMemory(pages: number): number;
  /**
   * common/holding/pagesOfMemory
   * @returns `i32`
   */
  export function pagesOfMemory(): number;
  /**
   * common/objects/newPoint
   * @param x `i32`
   * @param y `i32`
   * @returns `common/classes/shapes.Point`
   */
  export function newPoint(x: number, y: number): __Internref38;
  /**
   * common/objects/pointSum
   * @param point `common/classes/shapes.Point`
   * @returns `i32`
   */
  export function pointSum(point: __Internref38): number;
  /**
   * common/objects/setBoth
   * @param point `common/classes/shapes.Point`
   * @param value `i32`
   */
  export function setBoth(point: __Internref38, value: number): void;
  /**
   * common/objects/plusPoint
   * @param a `common/classes/shapes.Point`
   * @param b `common/classes/shapes.Point`
   * @returns `common/classes/shapes.Point`
   */
  export function plusPoint(a: __Internref38, b: __Internref38): __Internref38;
  /**
   * common/objects/samePoint
   * @param point `common/classes/shapes.Point`
   * @returns `common/classes/shapes.Point`
   */
  export function samePoint(point: __Internref38): __Internref38;
  /**
   * common/objects/noPoint
   * @returns `common/classes/shapes.Point | null`
   */
  export function noPoint(): __Internref38 | null;
  /**
   * common/objects/newEvery
   * @returns `common/classes/Every`
   */
  export function newEvery(): __Record39<never>;
  /**
   * common/records/describeItem
   * @param item `common/records/Item`
   * @returns `~lib/string/String`
   */
  export function describeItem(item: __Record40<undefined>): string;
  /**
   * common/records/makeItem
   * @param name `~lib/string/String`
   * @param price `f64`
   * @returns `common/records/Item`
   */
  export function makeItem(name: string, price: number): __Record40<never>;
  /**
   * common/console/sayAll
   * @param text `~lib/string/String`
   */
  export function sayAll(text: string): void;
  /**
   * common/console/measure
   */
  export function measure(): void;
  /**
   * common/console/elapsed
   * @returns `f64`
   */
  export function elapsed(): number;
  /**
   * common/console/randomBytes
   * @param n `i32`
   * @returns `~lib/typedarray/Uint8Array`
   */
  export function randomBytes(n: number): Uint8Array;
  /**
   * common/console/exit
   * @param code `i32`
   */
  export function exit(code: number): void;
}
/** common/arrays/Pair */
declare interface __Record25<TOmittable> {
  /** @type `i32` */
  left: number | TOmittable;
  /** @type `f64` */
  right: number | TOmittable;
}
/** ~lib/map/Map<~lib/string/String,i32> */
declare class __Internref30 extends Number {
  private __nominal30: symbol;
  private __nominal0: symbol;
}
/** ~lib/map/Map<i32,f64> */
declare class __Internref33 extends Number {
  private __nominal33: symbol;
  private __nominal0: symbol;
}
/** ~lib/map/Map<u8,bool> */
declare class __Internref34 extends Number {
  private __nominal34: symbol;
  private __nominal0: symbol;
}
/** ~lib/map/Map<i64,~lib/array/Array<~lib/string/String>> */
declare class __Internref35 extends Number {
  private __nominal35: symbol;
  private __nominal0: symbol;
}
/** ~lib/set/Set<~lib/string/String> */
declare class __Internref31 extends Number {
  private __nominal31: symbol;
  private __nominal0: symbol;
}
/** ~lib/set/Set<u8> */
declare class __Internref36 extends Number {
  private __nominal36: symbol;
  private __nominal0: symbol;
}
/** ~lib/set/Set<f64> */
declare class __Internref37 extends Number {
  private __nominal37: symbol;
  private __nominal0: symbol;
}
/** ~lib/function/Function<%28i32%2Ci32%29=>i32> */
declare class __Internref32 extends Number {
  private __nominal32: symbol;
  private __nominal0: symbol;
}
/** common/classes/shapes.Point */
declare class __Internref38 extends Number {
  private __nominal38: symbol;
  private __nominal0: symbol;
}
/** common/classes/Every */
declare interface __Record39<TOmittable> {
  /** @type `i8` */
  int8: number | TOmittable;
  /** @type `u8` */
  uint8: number | TOmittable;
  /** @type `i16` */
  int16: number | TOmittable;
  /** @type `u16` */
  uint16: number | TOmittable;
  /** @type `i32` */
  int32: number | TOmittable;
  /** @type `u32` */
  uint32: number | TOmittable;
  /** @type `i64` */
  int64: bigint | TOmittable;
  /** @type `u64` */
  uint64: bigint | TOmittable;
  /** @type `f32` */
  float32: number | TOmittable;
  /** @type `f64` */
  float64: number | TOmittable;
  /** @type `bool` */
  yes: boolean | TOmittable;
  /** @type `~lib/string/String` */
  text: string;
  /** @type `~lib/string/String | null` */
  nothing: string | null | TOmittable;
  /** @type `~lib/array/Array<i32>` */
  list: Array<number>;
}
/** common/records/Item */
declare interface __Record40<TOmittable> {
  /** @type `~lib/string/String` */
  name: string;
  /** @type `f64` */
  price: number | TOmittable;
  /** @type `u8` */
  count: number | TOmittable;
  /** @type `i64` */
  big: bigint | TOmittable;
  /** @type `bool` */
  rare: boolean | TOmittable;
  /** @type `~lib/array/Array<~lib/string/String>` */
  tags: Array<string>;
  /** @type `~lib/string/String | null` */
  note: string | null | TOmittable;
}
/** Instantiates the compiled WebAssembly module with the given imports. */
export declare function instantiate(module: WebAssembly.Module, imports: {
  env: unknown,
  world: unknown,
  outside: unknown,
}): Promise<typeof __AdaptedExports>;
