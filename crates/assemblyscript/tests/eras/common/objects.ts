// Objects by way of functions: compilers from 0.20 on export no classes.

import { shapes, Every } from "./classes";

export function newPoint(x: i32, y: i32): shapes.Point {
  return new shapes.Point(x, y);
}

export function pointSum(point: shapes.Point): i32 {
  return point.sum;
}

export function setBoth(point: shapes.Point, value: i32): void {
  point.both = value;
}

export function plusPoint(a: shapes.Point, b: shapes.Point): shapes.Point {
  return a.plus(b);
}

export function samePoint(point: shapes.Point): shapes.Point {
  return point;
}

export function noPoint(): shapes.Point | null {
  return null;
}

export function newEvery(): Every {
  return new Every();
}
