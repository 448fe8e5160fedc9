// A program for WASI, for compilers up to 0.19, which have it in their library.

import "wasi";

trace("started", 2, 1.5, -2);

export function giveUp(): void {
  throw new Error("given up");
}

export function random(): f64 {
  return Math.random();
}
