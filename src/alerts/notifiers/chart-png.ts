import { crc32, deflateSync } from 'node:zlib';

export interface ChartLine {
  /** Null: a gap. Equally far apart in time. */
  readonly values: readonly (number | null)[];
  /** Drawn dashed, where there is one. */
  readonly threshold: number | null;
}

const width = 1120;
const height = 320;
const margin = 16;
const shades = { paper: 255, grid: 225, threshold: 130, line: 30 };
const penWidth = 4;

/** A line on white with four grid lines, as a PNG of 1120 × 320 grey pixels: twice as many as a mail shows. */
export function chartPng({ values, threshold }: ChartLine): Buffer {
  const pixels = Buffer.alloc(width * height, shades.paper);
  const known = values.filter((value) => value !== null);
  const all = threshold === null ? known : [...known, threshold];
  const low = Math.min(0, ...all);
  const high = Math.max(low + Number.EPSILON, ...all);
  const y = (value: number): number => height - margin - ((value - low) / (high - low)) * (height - 2 * margin);
  const x = (index: number): number => margin + (index / Math.max(1, values.length - 1)) * (width - 2 * margin);
  for (let line = 0; line <= 3; line++) {
    const at = margin + (line / 3) * (height - 2 * margin);
    horizontal(pixels, at, shades.grid, 2, false);
  }
  if (threshold !== null) horizontal(pixels, y(threshold), shades.threshold, 3, true);
  for (const [index, value] of values.entries()) {
    const next = values[index + 1];
    if (value === null) continue;
    segment(
      pixels,
      [x(index), y(value)],
      next === null || next === undefined ? [x(index), y(value)] : [x(index + 1), y(next)],
    );
  }
  return png(pixels);
}

type Point = readonly [x: number, y: number];

function horizontal(pixels: Buffer, y: number, shade: number, thick: number, dashed: boolean): void {
  for (let x = margin; x < width - margin; x++) {
    if (dashed && x % 16 >= 9) continue;
    for (let row = 0; row < thick; row++) dot(pixels, x, Math.round(y) + row - 1, shade);
  }
}

function segment(pixels: Buffer, from: Point, to: Point): void {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let step = 0; step <= steps; step++) {
    const part = step / steps;
    pen(pixels, from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part);
  }
}

/** A round pen whose edge is lighter, so that the line looks smooth. */
function pen(pixels: Buffer, atX: number, atY: number): void {
  const reach = penWidth / 2 + 1;
  for (let y = Math.floor(atY - reach); y <= atY + reach; y++) {
    for (let x = Math.floor(atX - reach); x <= atX + reach; x++) {
      const outside = Math.min(1, Math.max(0, Math.hypot(x - atX, y - atY) - penWidth / 2 + 0.5));
      if (outside < 1) dot(pixels, x, y, Math.round(shades.line + (shades.paper - shades.line) * outside));
    }
  }
}

/** The darker of what is there and what comes. */
function dot(pixels: Buffer, x: number, y: number, shade: number): void {
  if (x < 0 || x >= width || y < 0 || y >= height) return;
  const at = y * width + x;
  pixels[at] = Math.min(pixels[at] ?? shades.paper, shade);
}

/** PNG (ISO 15948): 8-bit grey, no filter. */
function png(pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let row = 0; row < height; row++) pixels.copy(rows, row * (width + 1) + 1, row * width, (row + 1) * width);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
