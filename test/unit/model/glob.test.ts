import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globFits } from '../../../src/model/glob.ts';
import { NamespaceFilter } from '../../../src/model/namespace-filter.ts';
import { fc } from '../../support/properties.ts';

test('a pattern means what the regular expression of it means', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '\n'), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const expression = new RegExp(`^${pattern.split('*').map(RegExp.escape).join('.*')}$`, 's');
      assert.equal(globFits(pattern, text), expression.test(text));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern of many stars on a long name is decided at once', () => {
  const filter = new NamespaceFilter({ include: [`${'*a'.repeat(30)}*b`], exclude: [`${'a*'.repeat(100)}c`] });
  const begun = process.cpuUsage();
  assert.equal(filter.keeps(`shop.${'a'.repeat(250)}`), false);
  assert.equal(filter.keeps(`shop.${'a'.repeat(250)}b`), true);
  // A pattern that is tried in every way would take years.
  assert.ok(process.cpuUsage(begun).user < 20e6, 'it took its time');
});
