export class Pair {
  left: i32;
  right: f64;
}

export const I32s_ID = idof<i32[]>();
export const F64s_ID = idof<f64[]>();
export const U8s_ID = idof<u8[]>();
export const I64s_ID = idof<i64[]>();
export const Bools_ID = idof<bool[]>();
export const Strings_ID = idof<string[]>();
export const Maybes_ID = idof<Array<string | null>>();
export const NestedI32s_ID = idof<i32[][]>();
export const NestedStrings_ID = idof<string[][]>();
export const DeepStrings_ID = idof<string[][][]>();
export const Pairs_ID = idof<Pair[]>();

export function sumI32s(values: i32[]): i32 {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

export function upTo(n: i32): i32[] {
  let values: i32[] = [];
  for (let i = 0; i < n; i++) values.push(i);
  return values;
}

export function halves(values: f64[]): f64[] {
  let result: f64[] = [];
  for (let i = 0; i < values.length; i++) result.push(values[i] / 2);
  return result;
}

export function reversedBytes(values: u8[]): u8[] {
  return values.reverse();
}

export function negateAll(values: i64[]): i64[] {
  for (let i = 0; i < values.length; i++) values[i] = -values[i];
  return values;
}

export function invert(values: bool[]): bool[] {
  let result: bool[] = [];
  for (let i = 0; i < values.length; i++) result.push(!values[i]);
  return result;
}

export function joinAll(words: string[], separator: string): string {
  return words.join(separator);
}

export function splitWords(text: string): string[] {
  return text.split(" ");
}

export function exchangeNulls(words: Array<string | null>): Array<string | null> {
  let result: Array<string | null> = [];
  for (let i = 0; i < words.length; i++) result.push(words[i] === null ? "none" : null);
  return result;
}

export function flatten(rows: i32[][]): i32[] {
  let result: i32[] = [];
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < rows[i].length; j++) result.push(rows[i][j]);
  }
  return result;
}

export function triangle(n: i32): i32[][] {
  let rows: i32[][] = [];
  for (let i = 0; i < n; i++) rows.push(upTo(i + 1));
  return rows;
}

/** Pages of lines of words. */
export function concatPages(pages: string[][][]): string {
  let text = "";
  for (let i = 0; i < pages.length; i++) {
    for (let j = 0; j < pages[i].length; j++) text += pages[i][j].join(" ") + "\n";
    text += "-\n";
  }
  return text;
}

export function splitPages(text: string): string[][][] {
  let result: string[][][] = [];
  let pages = text.split("\n-\n");
  for (let i = 0; i < pages.length; i++) {
    let lines = pages[i].split("\n");
    let page: string[][] = [];
    for (let j = 0; j < lines.length; j++) page.push(lines[j].split(" "));
    result.push(page);
  }
  return result;
}

export function makePairs(n: i32): Pair[] {
  let pairs: Pair[] = [];
  for (let i = 0; i < n; i++) {
    let pair = new Pair();
    pair.left = i;
    pair.right = <f64>i / 4;
    pairs.push(pair);
  }
  return pairs;
}

export function sumPairs(pairs: Pair[]): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < pairs.length; i++) sum += <f64>pairs[i].left + pairs[i].right;
  return sum;
}
