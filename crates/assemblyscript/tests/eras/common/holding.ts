// Functions that hold on to what they are given, and such as use much memory.

let heldText: string = "nothing";
let heldRows: string[][] = [];
let started: i32 = 0;

started = 1;

export function wasStarted(): i32 {
  return started;
}

export function hold(text: string): void {
  heldText = text;
}

export function held(): string {
  return heldText;
}

export function holdRows(rows: string[][]): void {
  heldRows = rows;
}

export function rowsHeld(): string[][] {
  return heldRows;
}

/** Makes `n` strings that nobody keeps; how long they are together. */
export function churn(n: i32): i32 {
  let length = 0;
  for (let i = 0; i < n; i++) length += ("number " + i.toString()).length;
  return length;
}

export function growMemory(pages: i32): i32 {
  return memory.grow(pages);
}

export function pagesOfMemory(): i32 {
  return memory.size();
}
