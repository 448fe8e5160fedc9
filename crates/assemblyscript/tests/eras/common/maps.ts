// Maps and sets, and beside each what is in it as arrays, which every loader reads.

export const Scores_ID = idof<Map<string, i32>>();
export const Names_ID = idof<Set<string>>();

export function makeScores(names: string[]): Map<string, i32> {
  let scores = new Map<string, i32>();
  for (let i = 0; i < names.length; i++) scores.set(names[i], names[i].length);
  return scores;
}

export function removeScore(scores: Map<string, i32>, name: string): bool {
  return scores.delete(name);
}

export function scoreNames(scores: Map<string, i32>): string[] {
  return scores.keys();
}

export function scoreValues(scores: Map<string, i32>): i32[] {
  return scores.values();
}

export function makeSquares(n: i32): Map<i32, f64> {
  let map = new Map<i32, f64>();
  for (let i = 0; i < n; i++) map.set(-i, <f64>i * <f64>i);
  return map;
}

export function makeFlags(): Map<u8, bool> {
  let map = new Map<u8, bool>();
  for (let i = 250; i < 256; i++) map.set(<u8>i, i % 2 == 0);
  return map;
}

export function makeLists(n: i32): Map<i64, string[]> {
  let map = new Map<i64, string[]>();
  for (let i = 0; i < n; i++) {
    let list: string[] = [];
    for (let j = 0; j < i; j++) list.push(j.toString());
    map.set(<i64>i << 40, list);
  }
  return map;
}

export function makeNames(names: string[]): Set<string> {
  let set = new Set<string>();
  for (let i = 0; i < names.length; i++) set.add(names[i]);
  return set;
}

export function hasName(names: Set<string>, name: string): bool {
  return names.has(name);
}

export function listNames(names: Set<string>): string[] {
  return names.values();
}

export function makeBytes(n: i32): Set<u8> {
  let set = new Set<u8>();
  for (let i = 0; i < n; i++) set.add(<u8>(i * 7));
  return set;
}

export function makeReals(n: i32): Set<f64> {
  let set = new Set<f64>();
  for (let i = 0; i < n; i++) set.add(<f64>i / 2);
  return set;
}
