import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type SampleSource, type SamplesMessage, sampleSources } from '../../../src/model/sample.ts';
import { schemaHash } from '../../../src/model/schema-hash.ts';
import { decodeSamples, encodeSamples, messageLimits } from '../../../src/wire/sample-frames.ts';
import { fc } from '../../support/properties.ts';

const goldenPath = new URL('../../golden/frames/samples-1.bin', import.meta.url);
const names = ['serverStatus.opcounters.insert', 'serverStatus.wiredTiger.cache.bytes currently in the cache', 'ä.%2E'];
const golden: SamplesMessage = {
  schemas: [{ hash: schemaHash(names), names }],
  runs: [
    {
      stream: 'host-1',
      source: 0,
      schemaHash: schemaHash(names),
      times: [1_768_003_200_000, 1_768_003_210_001, 1_768_003_220_000],
      values: [
        Float64Array.of(12, 2 ** 53, 0.5),
        Float64Array.of(15, 2 ** 53, Number.NaN),
        Float64Array.of(15, -(2 ** 53), -1.5),
      ],
    },
    { stream: 'agent-1', source: 3, schemaHash: schemaHash(['x']), times: [], values: [] },
  ],
  gaps: [{ stream: 'host-1', fromMs: 1_768_000_000_000, toMs: 1_768_003_200_000, reason: 'outbox full' }],
};

const number = fc.oneof(
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
  fc.double({ noDefaultInfinity: true }),
  fc.constant(Number.NaN),
);
const run = fc
  .record({ width: fc.integer({ min: 1, max: 30 }), frames: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, frames }) =>
    fc.record({
      stream: fc.string({ maxLength: 20, unit: 'grapheme' }),
      source: fc.constantFrom<SampleSource>(...Object.values(sampleSources)),
      names: fc.uniqueArray(fc.stringMatching(/^[a-z ]{1,20}$/), { minLength: width, maxLength: width }),
      steps: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: frames, maxLength: frames }),
      values: fc.array(
        fc.array(number, { minLength: width, maxLength: width }).map((row) => Float64Array.from(row, (one) => one + 0)),
        { minLength: frames, maxLength: frames },
      ),
    }),
  );
const message = fc.array(run, { maxLength: 4 }).map(
  (runs): SamplesMessage => ({
    schemas: runs.map((one) => ({ hash: schemaHash(one.names), names: one.names })),
    runs: runs.map(({ stream, source, steps, values, names: own }) => {
      let time = 1_768_003_200_000;
      return { stream, source, schemaHash: schemaHash(own), times: steps.map((step) => (time += step)), values };
    }),
    gaps: [],
  }),
);

test('what goes into a message comes out of it', () => {
  fc.assert(
    fc.property(message, (given) => assert.deepEqual(decodeSamples(encodeSamples(given)), given)),
    { numRuns: 150 },
  );
});

test('the golden message of format 1 is read and written byte for byte', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenPath, encodeSamples(golden));
  const bytes = readFileSync(goldenPath);
  assert.deepEqual(decodeSamples(bytes), golden);
  assert.deepEqual(Buffer.from(encodeSamples(golden)), bytes);
});

test('infinities are no values', () => {
  const values = [Float64Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1)];
  const sent = {
    ...golden,
    runs: [{ stream: 'h', source: 0 as const, schemaHash: schemaHash(names), times: [1], values }],
  };
  assert.deepEqual(decodeSamples(encodeSamples(sent)).runs[0]?.values[0], Float64Array.of(Number.NaN, Number.NaN, 1));
});

test('a schema under a hash that is not its own is refused', () => {
  const forged = { ...golden, schemas: [{ hash: schemaHash(['other']), names }] };
  assert.throws(() => decodeSamples(encodeSamples(forged)), { code: 'FORMAT_INVALID', message: /hash/ });
});

test('too many names, too long names and too many numbers are refused before they are made', () => {
  const many = Array.from({ length: messageLimits.metrics + 1 }, (_, i) => `n${i}`);
  const long = ['x'.repeat(messageLimits.schemaBytes + 1)];
  for (const own of [many, long]) {
    const sent = { schemas: [{ hash: schemaHash(own), names: own }], runs: [], gaps: [] };
    assert.throws(() => decodeSamples(encodeSamples(sent)), { code: 'FORMAT_INVALID' });
  }
  const frames = 250;
  const zeros = Array.from({ length: frames }, () => new Float64Array(messageLimits.metrics));
  const times = Array.from({ length: frames }, (_, i) => i + 1);
  const wide = { stream: 'h', source: 0 as const, schemaHash: schemaHash(['x']), times, values: zeros };
  assert.throws(() => decodeSamples(encodeSamples({ schemas: [], runs: [wide], gaps: [] })), {
    code: 'FORMAT_INVALID',
    message: /numbers/,
  });
});

test('times that do not ascend are refused', () => {
  const still = {
    stream: 'h',
    source: 0 as const,
    schemaHash: schemaHash(['x']),
    times: [5, 5],
    values: [Float64Array.of(1), Float64Array.of(1)],
  };
  assert.throws(() => decodeSamples(encodeSamples({ schemas: [], runs: [still], gaps: [] })), {
    code: 'FORMAT_INVALID',
  });
});

test('cut, changed and random bytes are refused or read, and nothing else happens', () => {
  const bytes = encodeSamples(golden);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSamples(bytes.subarray(0, length)), { code: 'FORMAT_INVALID' });
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ change;
      readsOrRefuses(damaged);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) =>
      readsOrRefuses(Buffer.concat([bytes.subarray(0, 5), tail])),
    ),
  );
});

function readsOrRefuses(bytes: Uint8Array): void {
  try {
    decodeSamples(bytes);
  } catch (thrown) {
    assert.equal((thrown as { code?: string }).code, 'FORMAT_INVALID');
  }
}
