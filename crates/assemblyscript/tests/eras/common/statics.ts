export const StaticI32s_ID = idof<StaticArray<i32>>();
export const StaticU8s_ID = idof<StaticArray<u8>>();
export const StaticStrings_ID = idof<StaticArray<string>>();

export function sumStatic(values: StaticArray<i32>): i32 {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

export function squares(n: i32): StaticArray<i32> {
  let values = new StaticArray<i32>(n);
  for (let i = 0; i < n; i++) values[i] = i * i;
  return values;
}

export function digits(n: u32): StaticArray<u8> {
  let text = n.toString();
  let values = new StaticArray<u8>(text.length);
  for (let i = 0; i < text.length; i++) values[i] = <u8>(text.charCodeAt(i) - 48);
  return values;
}

export function staticWords(words: StaticArray<string>): StaticArray<string> {
  let result = new StaticArray<string>(words.length);
  for (let i = 0; i < words.length; i++) result[i] = words[i] + "!";
  return result;
}
