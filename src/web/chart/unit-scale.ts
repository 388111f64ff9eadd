/** How one axis or one number is written: value / divisor, then the suffix. */
export interface UnitScale {
  readonly divisor: number;
  readonly suffix: string;
  /** 1024 where steps should be powers of two. */
  readonly base: 10 | 1024;
}

type Ladder = readonly (readonly [from: number, suffix: string])[];

const decimal = (tail: string): Ladder => [
  [1, tail],
  [1e3, `k${tail}`],
  [1e6, `M${tail}`],
  [1e9, `G${tail}`],
  [1e12, `T${tail}`],
];
const binary = (tail: string): Ladder => [
  [1, `B${tail}`],
  [2 ** 10, `KiB${tail}`],
  [2 ** 20, `MiB${tail}`],
  [2 ** 30, `GiB${tail}`],
  [2 ** 40, `TiB${tail}`],
  [2 ** 50, `PiB${tail}`],
];

const ladders: Readonly<Record<string, Ladder>> = {
  count: decimal(''),
  'per second': decimal('/s'),
  bytes: binary(''),
  'bytes per second': binary('/s'),
  ms: [
    [0.001, 'µs'],
    [1, 'ms'],
    [1e3, 's'],
    [6e4, 'min'],
    [3.6e6, 'h'],
  ],
  µs: [
    [1, 'µs'],
    [1e3, 'ms'],
    [1e6, 's'],
    [6e7, 'min'],
  ],
  seconds: [
    [0.001, 'ms'],
    [1, 's'],
    [60, 'min'],
    [3600, 'h'],
    [86_400, 'd'],
  ],
  percent: [[1, '%']],
  'GB per hour': [
    [0.001, 'MB/h'],
    [1, 'GB/h'],
    [1e3, 'TB/h'],
  ],
  boolean: [[1, '']],
};

/** The unit in which a value of this size reads best. Unknown units are written as they are. */
export function unitScale(unit: string, largest: number): UnitScale {
  const ladder = ladders[unit] ?? [[1, unit]];
  const size = Math.abs(largest);
  const one = ladder.find(([from]) => from === 1) ?? ladder[0] ?? [1, unit];
  if (!Number.isFinite(size) || size === 0) return { divisor: one[0], suffix: one[1], base: baseOf(unit) };
  let [divisor, suffix] = ladder[0] ?? one;
  for (const [from, name] of ladder) {
    // 90 s stay seconds and 3 minutes become minutes: a unit is worth changing to from 1.5 of it where it is not decimal.
    const worth = from % 60 === 0 && unit !== 'count' ? from * 1.5 : from * 0.9995;
    if (size >= worth) [divisor, suffix] = [from, name];
  }
  return { divisor, suffix, base: baseOf(unit) };
}

/** A number with its unit, three significant digits: `4.21 k/s`, `78 %`. */
export function formatValue(value: number | null | undefined, unit: string): string {
  const [digits, suffix] = formatParts(value, unit);
  return suffix === '' ? digits : `${digits} ${suffix}`;
}

/** As `formatValue`, digits and suffix apart, so that the unit can be set smaller. */
export function formatParts(value: number | null | undefined, unit: string): readonly [digits: string, suffix: string] {
  if (value === null || value === undefined || Number.isNaN(value)) return ['–', ''];
  if (unit === 'boolean') return [value >= 0.5 ? 'yes' : 'no', ''];
  const scale = unitScale(unit, value);
  return [formatDigits(value / scale.divisor), scale.suffix];
}

/** Every digit that is known, grouped, with the plain unit: for hovering. */
export function formatExactly(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return 'no sample';
  const [whole = '', fraction] = String(Math.abs(value) >= 1e21 ? value : Number(value.toPrecision(12))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return unit === 'count' || unit === 'boolean' ? digits : `${digits} ${unit}`;
}

/** Labels of one axis share one unit and one number of decimals; `stepInUnit` is the distance of two labels. */
export function formatTick(value: number, scale: UnitScale, stepInUnit: number): string {
  if (value === 0) return '0';
  const decimals = Math.min(12, Math.max(0, -Math.floor(Math.log10(stepInUnit) + 1e-9)));
  return (value / scale.divisor).toFixed((stepInUnit * 10 ** decimals) % 1 > 1e-6 ? decimals + 1 : decimals);
}

/** Step of the axis labels, in plain units: 1, 2, 2.5 or 5 times a power of ten, of two under binary units. At most `most` steps. */
export function niceStep(spread: number, scale: UnitScale, most: number): number {
  const wanted = spread / scale.divisor / most;
  if (!(wanted > 0)) return scale.divisor;
  if (scale.base === 1024 && wanted >= 1) return 2 ** Math.ceil(Math.log2(wanted) - 1e-9) * scale.divisor;
  const power = 10 ** Math.floor(Math.log10(wanted) + 1e-12);
  const step = [1, 2, 2.5, 5, 10].find((times) => times * power >= wanted * (1 - 1e-9)) ?? 10;
  return step * power * scale.divisor;
}

function formatDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 999.5)
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  if (size < 0.0005) return value.toExponential(1);
  const text = value.toPrecision(3);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function baseOf(unit: string): 10 | 1024 {
  return unit === 'bytes' || unit === 'bytes per second' ? 1024 : 10;
}
