export const greeting: string = "Hello, wörld 🌍";

export function echoString(s: string): string {
  return s;
}

export function joinStrings(a: string, b: string): string {
  return a + b;
}

export function repeat(s: string, times: i32): string {
  return s.repeat(times);
}

export function lengthOf(s: string): i32 {
  return s.length;
}

export function codeUnit(s: string, index: i32): i32 {
  return s.charCodeAt(index);
}

export function emptyString(): string {
  return "";
}

/** Half a pair, a letter, the other half: no UTF-16 that a strict decoder takes. */
export function loneSurrogates(): string {
  return String.fromCharCode(0xd83d) + "x" + String.fromCharCode(0xdc00);
}

export function noString(yes: bool): string | null {
  return yes ? "some" : null;
}

export function lengthOrMinusOne(s: string | null): i32 {
  return s === null ? -1 : s.length;
}
