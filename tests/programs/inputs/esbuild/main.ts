interface P { x: number }
enum C { Red = 1, Green }
const f = async (p: P) => { for await (const q of [p]) console.log(q?.x ?? C.Green) }
f({x: 1}).then(() => console.log(<any>"done"))
import { area, Shape } from './shapes'
export const shapes: Shape[] = [{ kind: 'circle', radius: 2 }, { kind: 'square', side: 3 }]
console.log(shapes.map(area).reduce((a, b) => a + b), 0.1 + 0.2, 12345678901234567890n)
