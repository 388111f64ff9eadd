import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qrPath } from '../../../../src/web/components/qr-path.ts';
import { fc } from '../../../support/properties.ts';

test('the path of a code covers its dark modules, each once, and no other', () => {
  const rows = fc
    .integer({ min: 1, max: 30 })
    .chain((side) =>
      fc.array(fc.array(fc.boolean(), { minLength: side, maxLength: side }), { minLength: side, maxLength: side }),
    );
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: 4 }), (dark, margin) => {
      const drawn = new Map<string, number>();
      for (const [, x, y, width, back] of qrPath(dark, margin).matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
        assert.equal(width, back);
        for (let at = 0; at < Number(width); at++) {
          const place = `${Number(x) + at - margin} ${Number(y) - margin}`;
          drawn.set(place, (drawn.get(place) ?? 0) + 1);
        }
      }
      const wanted = dark.flatMap((row, y) => row.flatMap((module, x) => (module ? [`${x} ${y}`] : [])));
      assert.deepEqual([...drawn.keys()].sort(), wanted.sort());
      assert.ok([...drawn.values()].every((times) => times === 1));
    }),
  );
});
