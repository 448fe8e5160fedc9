// Text statistics, John Conway's Game of Life, and a calculator that throws: strings, maps, arrays,
// classes, interfaces and the AssemblyScript garbage collector at work.

// ---- text -----------------------------------------------------------------------------------------------

class Word {
  constructor(public text: string, public count: i32) {}
}

/** The number of lines, words and UTF-16 units, then the most frequent words, each on a line. */
export function statistics(text: string, most: i32): string {
  const counts = new Map<string, i32>();
  let words = 0;
  let longest = "";
  let start = -1;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && isLetter(text.charCodeAt(i))) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      const word = text.substring(start, i).toLowerCase();
      counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
      if (word.length > longest.length) longest = word;
      words++;
      start = -1;
    }
  }
  const list = counts.keys().map<Word>((word: string, i: i32, all: string[]) => new Word(word, 0));
  for (let i = 0; i < list.length; i++) list[i].count = counts.get(list[i].text);
  list.sort((a, b) => a.count != b.count ? b.count - a.count : a.text < b.text ? -1 : 1);
  const lines = text.split("\n").length;
  let report = `${lines} lines, ${words} words (${counts.size} different), ${text.length} units; longest: "${longest}"`;
  for (let i = 0; i < min(most, list.length); i++) {
    const share = Math.round(10000.0 * <f64>list[i].count / <f64>words) / 100;
    report += `\n${list[i].text.padEnd(12)} ${list[i].count.toString().padStart(5)} ${share.toString()}%`;
  }
  return report;
}

function isLetter(c: i32): bool {
  const lower = c | 0x20;
  return (lower >= 97 && lower <= 122) || (c >= 0xC0 && c < 0x250 && c != 0xD7 && c != 0xF7);
}

// ---- life -----------------------------------------------------------------------------------------------

class Grid {
  private cells: StaticArray<u8>;

  constructor(readonly width: i32, readonly height: i32) {
    this.cells = new StaticArray<u8>(width * height);
  }

  get(x: i32, y: i32): i32 {
    const w = this.width, h = this.height;
    return this.cells[(y + h) % h * w + (x + w) % w];
  }

  set(x: i32, y: i32, alive: bool): void {
    this.cells[y * this.width + x] = u8(alive);
  }

  neighbours(x: i32, y: i32): i32 {
    return this.get(x - 1, y - 1) + this.get(x, y - 1) + this.get(x + 1, y - 1)
      + this.get(x - 1, y) + this.get(x + 1, y)
      + this.get(x - 1, y + 1) + this.get(x, y + 1) + this.get(x + 1, y + 1);
  }

  next(): Grid {
    const grid = new Grid(this.width, this.height);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        const n = this.neighbours(x, y);
        grid.set(x, y, n == 3 || (n == 2 && this.get(x, y) == 1));
      }
    }
    return grid;
  }

  toString(): string {
    const rows = new Array<string>(this.height);
    for (let y = 0; y < this.height; y++) {
      let row = "";
      for (let x = 0; x < this.width; x++) row += this.get(x, y) ? "#" : ".";
      rows[y] = row;
    }
    return rows.join("\n");
  }
}

/** `steps` generations on a torus, from `start`, whose rows are lines of `#` and `.`. */
export function life(start: string, steps: i32): string {
  const rows = start.split("\n");
  let grid = new Grid(rows[0].length, rows.length);
  for (let y = 0; y < rows.length; y++) {
    if (rows[y].length != grid.width) throw new RangeError(`row ${y} is not ${grid.width} wide`);
    for (let x = 0; x < grid.width; x++) grid.set(x, y, rows[y].charAt(x) == "#");
  }
  for (let i = 0; i < steps; i++) grid = grid.next();
  return grid.toString();
}

// ---- calculator -----------------------------------------------------------------------------------------

interface Node {
  value(): f64;
}

class Leaf implements Node {
  constructor(private number: f64) {}
  value(): f64 { return this.number; }
}

class Operation implements Node {
  constructor(private operator: string, private left: Node, private right: Node) {}

  value(): f64 {
    const a = this.left.value(), b = this.right.value();
    if (this.operator == "+") return a + b;
    if (this.operator == "-") return a - b;
    if (this.operator == "*") return a * b;
    if (this.operator == "/") return a / b;
    return Math.pow(a, b);
  }
}

class Parser {
  private position: i32 = 0;

  constructor(private text: string) {}

  whole(): Node {
    const node = this.sum();
    if (this.peek() != "") throw new Error(`unexpected '${this.peek()}' at ${this.position}`);
    return node;
  }

  private peek(): string {
    while (this.position < this.text.length && this.text.charAt(this.position) == " ") this.position++;
    return this.text.charAt(this.position);
  }

  private sum(): Node {
    let node = this.product();
    for (let c = this.peek(); c == "+" || c == "-"; c = this.peek()) {
      this.position++;
      node = new Operation(c, node, this.product());
    }
    return node;
  }

  private product(): Node {
    let node = this.power();
    for (let c = this.peek(); c == "*" || c == "/"; c = this.peek()) {
      this.position++;
      node = new Operation(c, node, this.power());
    }
    return node;
  }

  private power(): Node {
    const base = this.primary();
    if (this.peek() != "^") return base;
    this.position++;
    return new Operation("^", base, this.power());
  }

  private primary(): Node {
    if (this.peek() == "(") {
      this.position++;
      const node = this.sum();
      if (this.peek() != ")") throw new Error(`expected ')' at ${this.position}`);
      this.position++;
      return node;
    }
    const start = this.position;
    while ("0123456789.".includes(this.text.charAt(this.position)) && this.position < this.text.length) this.position++;
    if (this.position == start) throw new Error(`expected a number at ${start}`);
    return new Leaf(F64.parseFloat(this.text.substring(start, this.position)));
  }
}

/** The value of an arithmetic expression, as text. Aborts with a message if there is none. */
export function calculate(text: string): string {
  return new Parser(text).whole().value().toString();
}
