import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const css = readFileSync(join(import.meta.dirname, '../../../../src/web/styles/tokens.css'), 'utf8');

/** Token → colour in the light and the dark theme. */
function tokens(): Map<string, readonly [string, string]> {
  const found = new Map<string, readonly [string, string]>();
  for (const [, name = '', light = '', dark = ''] of css.matchAll(
    /--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
  ))
    found.set(name, [light, dark]);
  return found;
}

/** Contrast of WCAG 2.2: relative luminances with 0.05 of stray light. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

const grounds = ['surface', 'bg', 'sunken', 'raised', 'hover'];
const text: readonly (readonly [string, readonly string[]])[] = [
  ...['ink', 'ink-2', 'ink-3', 'accent', 'accent-hover', 'warn', 'bad'].map((name) => [name, grounds] as const),
  ['on-accent', ['accent', 'accent-hover']],
  ['on-soft', ['accent-soft']],
  ['ink', ['warn-soft', 'bad-soft', 'accent-soft']],
  ['ink-2', ['warn-soft', 'bad-soft']],
  ['warn', ['warn-soft']],
  ['bad', ['bad-soft']],
];
const shapes = ['ok', 'unknown', 'control', 'focus', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'];

test('the formula gives the known values', () => {
  assert.equal(contrast('#000000', '#ffffff').toFixed(1), '21.0');
  assert.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54');
});

for (const [index, theme] of ['light', 'dark'].entries()) {
  test(`${theme}: text has a contrast of 4.5, what carries meaning 3`, () => {
    const all = tokens();
    const colour = (name: string): string => all.get(name)?.[index] ?? assert.fail(`no token ${name}`);
    const weak: string[] = [];
    const check = (name: string, ground: string, least: number) => {
      const found = contrast(colour(name), colour(ground));
      if (found < least) weak.push(`${name} on ${ground}: ${found.toFixed(2)}`);
    };
    for (const [name, on] of text) for (const ground of on) check(name, ground, 4.5);
    for (const name of shapes) check(name, 'surface', 3);
    assert.deepEqual(weak, []);
  });
}
