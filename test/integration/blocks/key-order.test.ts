import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { insertRaw } from '../../support/wire-insert.ts';
import { documentWithId, idValues, numbers } from '../../unit/blocks/id-values.ts';

const duplicateKey = 11_000;
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const versions: readonly MongodVersion[] = ['6.0', '4.4'];

for (const version of versions) {
  test(`keys have the order and the equality of _ids in mongod ${version}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using mongod = await startMongod({ version });
    const sample = (values: typeof idValues, count: number) => fc.sample(values, { numRuns: count, seed });
    const ids = [...sample(numbers, 3000), ...sample(idValues, 3000)];
    const documents = ids.map(documentWithId);
    const refused = await insertRaw(mongod.port, 'keys', documents);

    const seen = new Map<string, Buffer>();
    for (const [index, document] of documents.entries()) {
      const key = documentKey(document).toString('hex');
      const first = seen.get(key);
      const refusal = refused.get(index);
      const what = `${document.toString('hex')}, first ${first?.toString('hex')}: ${refusal?.text}`;
      assert.equal(refusal?.code, first === undefined ? undefined : duplicateKey, what);
      if (first === undefined) seen.set(key, document);
    }
    assert.ok(seen.size > 3000 && refused.size > 100, `${seen.size} keys, ${refused.size} duplicates`);

    const client = await mongod.connect();
    await using _closing = { [Symbol.asyncDispose]: () => client.close() };
    const cursor = client
      .db('test')
      .collection('keys')
      .find({}, { raw: true, hint: { _id: 1 } });
    const inOrder: Buffer[] = [];
    for await (const document of cursor) inOrder.push(Buffer.from(document as unknown as Uint8Array));
    assert.equal(inOrder.length, seen.size);
    for (const [index, document] of inOrder.entries()) {
      const before = inOrder[index - 1];
      if (before === undefined) continue;
      const what = `${before.toString('hex')} then ${document.toString('hex')}`;
      assert.ok(Buffer.compare(documentKey(before), documentKey(document)) < 0, what);
    }
  });
}
