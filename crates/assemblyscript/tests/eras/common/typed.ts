// Each typed array in and out: the second is the first with one added to every element.

export const Int8Array_ID = idof<Int8Array>();
export function nextInt8(array: Int8Array): Int8Array {
  let result = new Int8Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Uint8Array_ID = idof<Uint8Array>();
export function nextUint8(array: Uint8Array): Uint8Array {
  let result = new Uint8Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Uint8ClampedArray_ID = idof<Uint8ClampedArray>();
export function nextUint8Clamped(array: Uint8ClampedArray): Uint8ClampedArray {
  let result = new Uint8ClampedArray(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Int16Array_ID = idof<Int16Array>();
export function nextInt16(array: Int16Array): Int16Array {
  let result = new Int16Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Uint16Array_ID = idof<Uint16Array>();
export function nextUint16(array: Uint16Array): Uint16Array {
  let result = new Uint16Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Int32Array_ID = idof<Int32Array>();
export function nextInt32(array: Int32Array): Int32Array {
  let result = new Int32Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Uint32Array_ID = idof<Uint32Array>();
export function nextUint32(array: Uint32Array): Uint32Array {
  let result = new Uint32Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Int64Array_ID = idof<Int64Array>();
export function nextInt64(array: Int64Array): Int64Array {
  let result = new Int64Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Uint64Array_ID = idof<Uint64Array>();
export function nextUint64(array: Uint64Array): Uint64Array {
  let result = new Uint64Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Float32Array_ID = idof<Float32Array>();
export function nextFloat32(array: Float32Array): Float32Array {
  let result = new Float32Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

export const Float64Array_ID = idof<Float64Array>();
export function nextFloat64(array: Float64Array): Float64Array {
  let result = new Float64Array(array.length);
  for (let i = 0; i < array.length; i++) result[i] = array[i] + 1;
  return result;
}

/** A view that does not begin where its buffer does. */
export function middle(array: Int32Array): Int32Array {
  return array.subarray(1, array.length - 1);
}
