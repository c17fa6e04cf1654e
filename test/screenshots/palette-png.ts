import { crc32, deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Of the 256 that a palette can hold: a page has a dozen colours, and the shades between two of them at the edges of letters. */
const mostColours = 96;

/** Width and height of a PNG, in pixels. Throws an Error where it is none. */
export function pngSize(png: Buffer): { readonly width: number; readonly height: number } {
  if (!png.subarray(0, 8).equals(signature)) throw new Error("This is no PNG.");
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/**
 * Writes a screenshot with a palette: a third of its size, and hardly to be told from it. The colours seen most often are
 * kept as they are, every other one becomes the kept one that is nearest.
 *
 * @param png as Chromium makes it: 8 bits a channel, not interlaced; what is transparent becomes opaque
 */
export function withPalette(png: Buffer): Buffer {
  const { width, height } = pngSize(png);
  const colours = readColours(png);
  const counts = new Map<number, number>();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts.keys()]
    .sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0))
    .slice(0, mostColours);
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(palette, colour)]));

  const rows = Buffer.alloc((width + 1) * height);
  for (const [index, colour] of colours.entries()) {
    rows[index + Math.floor(index / width) + 1] = places.get(colour) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [...channels(colour)]))),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Every pixel as 0xrrggbb, row by row. PNG specification, section 9: each byte was written as a difference. */
function readColours(png: Buffer): Uint32Array {
  const { width, height } = pngSize(png);
  const samples = { 2: 3, 6: 4 }[png[25] ?? 0];
  if (png[24] !== 8 || samples === undefined || png[28] !== 0) throw new Error("Not a PNG as Chromium makes it.");
  const rows = inflateSync(Buffer.concat(chunks(png, "IDAT")));
  const stride = width * samples;
  const colours = new Uint32Array(width * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const row = new Uint8Array(rows.subarray(start + 1, start + 1 + stride));
    for (let x = 0; x < stride; x++) {
      const left = x < samples ? 0 : (row[x - samples] ?? 0);
      const corner = x < samples ? 0 : (above[x - samples] ?? 0);
      row[x] = (row[x] ?? 0) + predicted(rows[start] ?? 0, left, above[x] ?? 0, corner);
    }
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0] = row.subarray(x * samples);
      colours[y * width + x] = (red << 16) | (green << 8) | blue;
    }
    above = row;
  }
  return colours;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    default: {
      const estimate = left + above - corner;
      const distances = [left, above, corner].map((value) => Math.abs(estimate - value));
      return [left, above, corner][distances.indexOf(Math.min(...distances))] ?? 0;
    }
  }
}

function chunks(png: Buffer, type: string): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === type)
      found.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return found;
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, check]);
}

function nearest(palette: readonly number[], colour: number): number {
  const wanted = channels(colour);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [place, candidate] of palette.entries()) {
    const distance = channels(candidate).reduce((sum, value, index) => sum + (value - (wanted[index] ?? 0)) ** 2, 0);
    if (distance < least) [best, least] = [place, distance];
  }
  return best;
}

function channels(colour: number): readonly [number, number, number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}
