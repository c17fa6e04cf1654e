const hashes = new WeakMap<object, number>();

/** 53 bits of a text: enough that two states of a search are hardly ever taken for one. */
export function hashText(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  const upper = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  const lower = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return (upper & 0x1fffff) * 0x1_0000_0000 + (lower >>> 0);
}

/** Of two hashes, in their order. */
export function mix(left: number, right: number): number {
  return hashText(`${left} ${right}`);
}

/** Of plain data. An object is looked at once: what is in it must not change afterwards. */
export function hashData(data: unknown): number {
  if (typeof data !== "object" || data === null) return hashText(`${typeof data} ${String(data)}`);
  const known = hashes.get(data);
  if (known !== undefined) return known;
  const hash = hashText(JSON.stringify(data));
  hashes.set(data, hash);
  return hash;
}
