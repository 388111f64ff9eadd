import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asset, assetNames } from '../../../src/runtime/asset.ts';

test('gives the bytes of a file that ships with the program', async () => {
  assert.match(Buffer.from(await asset('LICENSE')).toString('utf8'), /Apache License/);
  assert.ok(assetNames('').includes('LICENSE'));
});

for (const name of [
  'web/../package.json',
  'packaging/../../x',
  'src/main.ts',
  '../LICENSE',
  'LICENSE/x',
  'web/no-such-file',
]) {
  test(`there is no asset ${name}`, async () => {
    await assert.rejects(asset(name), { code: 'NOT_FOUND' });
  });
}
