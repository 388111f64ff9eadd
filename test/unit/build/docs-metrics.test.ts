import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderMetricsPage } from '../../../build/docs-metrics.ts';

test('docs/metrics.md is what the catalog says (run build/docs-metrics.ts to write it)', () => {
  const written = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  assert.equal(written, renderMetricsPage());
});
