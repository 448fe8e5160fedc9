export type Shape = { kind: 'circle'; radius: number } | { kind: 'square'; side: number }
export class Unused { #hidden = 1; get it() { return this.#hidden ** 2 } }
export const area = (s: Shape): number => s.kind === 'circle' ? Math.PI * s.radius ** 2 : s.side ** 2
export const Label = (p: { text: string }) => <b title="label">{p.text}, {...[1, 2]}</b>
