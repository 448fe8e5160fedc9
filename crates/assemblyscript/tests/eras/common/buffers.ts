export function xorBuffer(buffer: ArrayBuffer, mask: u8): ArrayBuffer {
  let result = buffer.slice(0);
  for (let i = 0; i < result.byteLength; i++) {
    let at = changetype<usize>(result) + <usize>i;
    store<u8>(at, load<u8>(at) ^ mask);
  }
  return result;
}

export function zeros(length: i32): ArrayBuffer {
  return new ArrayBuffer(length);
}
