import { crc32, deflateSync } from 'node:zlib';

/**
 * The mark of the pages (src/web/index.html) as the pictures of a Windows icon. Coordinates as there, in a box of 24 by 24:
 * a start, then cubic curves as two control points and an end.
 */
const colour = { red: 0x0b, green: 0x6a, blue: 0x5d };
const box = 24;
const start: Point = [12, 1.8];
const curves: readonly (readonly [Point, Point, Point])[] = [
  [
    [14.7, 3.7],
    [17.6, 4.6],
    [21, 4.7],
  ],
  [
    [21.5, 13.3],
    [18.6, 19],
    [12, 22.4],
  ],
  [
    [5.4, 19],
    [2.5, 13.3],
    [3, 4.7],
  ],
  [
    [6.4, 4.6],
    [9.3, 3.7],
    [12, 1.8],
  ],
];
const stepsPerCurve = 24;
/** Points looked at in each direction of a pixel. */
const samples = 8;

type Point = readonly [number, number];

export interface IconPicture {
  readonly size: number;
  /** PNG, or the bitmap with doubled height that icons have (BITMAPINFOHEADER, pixels, mask). */
  readonly bytes: Buffer;
}

/** Small ones as bitmaps, which every part of Windows reads; the large one as PNG. */
export function iconPictures(): IconPicture[] {
  const small = [16, 24, 32, 48, 64].map((size) => ({ size, bytes: bitmap(size, coverage(size)) }));
  return [...small, { size: 256, bytes: png(256, coverage(256)) }];
}

/** 0 to 255 for each pixel, row by row from the top. */
function coverage(size: number): Uint8Array {
  const outline = polygon();
  const covered = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let sample = 0; sample < samples; sample++) {
      const at = ((y + (sample + 0.5) / samples) / size) * box;
      const [from = 0, to = 0] = crossings(outline, at);
      for (let x = 0; x < size * samples; x++) {
        const across = ((x + 0.5) / (size * samples)) * box;
        if (across < from || across >= to) continue;
        const pixel = y * size + Math.floor(x / samples);
        covered[pixel] = Math.min(255, (covered[pixel] ?? 0) + 256 / (samples * samples));
      }
    }
  }
  return covered;
}

function polygon(): Point[] {
  const points: Point[] = [start];
  let from = start;
  for (const [first, second, end] of curves) {
    for (let step = 1; step <= stepsPerCurve; step++) {
      const t = step / stepsPerCurve;
      const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3] as const;
      const along = (axis: 0 | 1): number =>
        weights[0] * from[axis] + weights[1] * first[axis] + weights[2] * second[axis] + weights[3] * end[axis];
      points.push([along(0), along(1)]);
    }
    from = end;
  }
  return points;
}

/** Where a horizontal line enters and leaves the outline: a shape like this one it crosses twice. */
function crossings(outline: readonly Point[], y: number): number[] {
  const found: number[] = [];
  for (const [index, [x1, y1]] of outline.entries()) {
    const [x2, y2] = outline[(index + 1) % outline.length] ?? start;
    if (y1 <= y !== y2 <= y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  const sorted = found.sort((a, b) => a - b);
  return sorted.length < 2 ? [] : [sorted[0] ?? 0, sorted.at(-1) ?? 0];
}

function bitmap(size: number, covered: Uint8Array): Buffer {
  const maskRow = Math.ceil(size / 32) * 4;
  const bytes = Buffer.alloc(40 + size * size * 4 + size * maskRow);
  bytes.writeUInt32LE(40, 0);
  bytes.writeInt32LE(size, 4);
  // Pixels and mask.
  bytes.writeInt32LE(size * 2, 8);
  bytes.writeUInt16LE(1, 12);
  bytes.writeUInt16LE(32, 14);
  bytes.writeUInt32LE(size * size * 4, 20);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // Bottom row first.
      const alpha = covered[(size - 1 - y) * size + x] ?? 0;
      bytes.set([colour.blue, colour.green, colour.red, alpha], 40 + (y * size + x) * 4);
    }
  }
  return bytes;
}

function png(size: number, covered: Uint8Array): Buffer {
  const rows = Buffer.alloc(size * (1 + size * 4));
  for (const [pixel, alpha] of covered.entries()) {
    const at = Math.floor(pixel / size) * (1 + size * 4) + 1 + (pixel % size) * 4;
    rows.set([colour.red, colour.green, colour.blue, alpha], at);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND')]);
}

function chunk(kind: string, data: Uint8Array = new Uint8Array()): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(kind, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
