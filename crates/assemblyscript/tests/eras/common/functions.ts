/** The text is used here as well: compilers up to 0.17 lay out one that only a default value has on top of the heap. */
export function usualGreeting(): string {
  return "Hello";
}

export function greet(name: string, greeting: string = "Hello", times: i32 = 1): string {
  let text = "";
  for (let i = 0; i < times; i++) text += greeting + ", " + name + ";";
  return text;
}

export function sumOptional(a: i32, b: i32 = 10, c: i32 = 100): i32 {
  return a + b + c;
}

export function noneNeeded(a: f64 = 1.5): f64 {
  return a;
}

function plus(a: i32, b: i32): i32 {
  return a + b;
}

function times(a: i32, b: i32): i32 {
  return a * b;
}

let kept: (a: i32, b: i32) => i32 = plus;

export function getFunction(multiplies: bool): (a: i32, b: i32) => i32 {
  return multiplies ? times : plus;
}

export function keepFunction(f: (a: i32, b: i32) => i32): void {
  kept = f;
}

export function keptFunction(): (a: i32, b: i32) => i32 {
  return kept;
}

export function callKept(a: i32, b: i32): i32 {
  return kept(a, b);
}

export function apply(f: (a: i32, b: i32) => i32, a: i32, b: i32): i32 {
  return f(a, b);
}
