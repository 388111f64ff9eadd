import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMinorMount } from '../../../../src/web/chart/mounts.ts';
import type { Series } from '../../../../src/wire/api/metrics.ts';

const series = (unit: string, ...values: number[]): Series => ({
  metric: 'disk',
  unit,
  resolutionMs: 1000,
  points: values.map((value, at) => [at * 1000, value, value, value]),
});

test("the kernel's own, empty and tiny file systems are minor, those for data are not", () => {
  assert.equal(isMinorMount('/dev/shm', [series('percent', 12)]), true);
  assert.equal(isMinorMount('/sys/fs/cgroup', []), true);
  assert.equal(isMinorMount('/scratch', [series('percent', 0, 0)]), true);
  assert.equal(isMinorMount('/boot/efi', [series('bytes', 5e8), series('bytes', 6e6)]), true);
  assert.equal(isMinorMount('/', [series('percent', 71)]), false);
  assert.equal(isMinorMount('/developer', [series('percent', 0.1)]), false);
  assert.equal(isMinorMount('/data', [series('bytes', 2 ** 40), series('bytes', 1e6)]), false);
});
