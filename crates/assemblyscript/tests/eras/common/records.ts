// Records: classes without a constructor, which bindings pass by value.

export class Item {
  name: string = "";
  price: f64;
  count: u8;
  big: i64;
  rare: bool;
  tags: string[] = [];
  note: string | null;
}

export function describeItem(item: Item): string {
  let text = item.name + " " + item.price.toString() + " x" + item.count.toString() + " " + item.big.toString();
  text += (item.rare ? " rare" : " common") + " [" + item.tags.join(",") + "] ";
  // One statement each: compilers up to 0.17 release a field that goes through a choice once too often.
  if (item.note === null) return text + "-";
  text += item.note!;
  return text;
}

export function makeItem(name: string, price: f64): Item {
  let item = new Item();
  item.name = name;
  item.price = price;
  item.count = 200;
  item.big = -1234567890123456789;
  item.rare = true;
  item.tags = ["new", name];
  return item;
}
