export enum Color {
  Red,
  Green = 5,
  Blue,
}

export const ANSWER: i32 = 42;
export const LARGEST: u32 = 0xffffffff;
export const BIG: i64 = -0x0123456789abcdef;
export const BIGGEST: u64 = 0xffffffffffffffff;
export const HALF: f32 = 0.5;
export const THIRD: f64 = 1.0 / 3.0;
export const YES: bool = true;

export let counter: i32 = 0;
export let ratio: f64 = 0.25;

export function count(): i32 {
  return ++counter;
}

export function echoI8(x: i8): i8 {
  return x;
}
export function echoU8(x: u8): u8 {
  return x;
}
export function echoI16(x: i16): i16 {
  return x;
}
export function echoU16(x: u16): u16 {
  return x;
}
export function echoU32(x: u32): u32 {
  return x;
}
export function negateI64(x: i64): i64 {
  return -x;
}
export function halfU64(x: u64): u64 {
  return x / 2;
}
export function doubleF32(x: f32): f32 {
  return x * 2;
}
export function doubleF64(x: f64): f64 {
  return x * 2;
}
export function not(x: bool): bool {
  return !x;
}
export function nextColor(color: Color): Color {
  return color == Color.Red ? Color.Green : color == Color.Green ? Color.Blue : Color.Red;
}
