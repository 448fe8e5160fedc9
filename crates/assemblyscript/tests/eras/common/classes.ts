export namespace shapes {
  export const SIDES: i32 = 4;

  export function area(width: i32, height: i32): i32 {
    return width * height;
  }

  export class Point {
    static made: i32 = 0;

    static origin(): Point {
      return new Point(0, 0);
    }

    readonly id: i32;

    constructor(public x: i32, public y: i32 = 7) {
      this.id = ++Point.made;
    }

    get sum(): i32 {
      return this.x + this.y;
    }

    set both(value: i32) {
      this.x = value;
      this.y = value;
    }

    plus(other: Point): Point {
      return new Point(this.x + other.x, this.y + other.y);
    }

    scaled(factor: i32 = 2): i32 {
      return this.sum * factor;
    }
  }

  export class Named extends Point {
    name: string;

    constructor(name: string, x: i32, y: i32) {
      super(x, y);
      this.name = name;
    }

    label(prefix: string): string {
      return prefix + this.name;
    }
  }

  export namespace deep {
    export function answer(): i32 {
      return 42;
    }
  }
}

export class Box<T> {
  constructor(public value: T) {}

  unbox(): T {
    return this.value;
  }
}

export class StringBox extends Box<string> {
  constructor(value: string) {
    super(value);
  }
}

export class Every {
  int8: i8 = -8;
  uint8: u8 = 200;
  int16: i16 = -1600;
  uint16: u16 = 60000;
  int32: i32 = -320000;
  uint32: u32 = 4000000000;
  int64: i64 = -6400000000;
  uint64: u64 = 18000000000000000000;
  float32: f32 = 0.5;
  float64: f64 = 0.25;
  yes: bool = true;
  text: string = "text";
  nothing: string | null = null;
  list: i32[] = [1, 2, 3];
}
