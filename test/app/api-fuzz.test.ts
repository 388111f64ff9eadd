import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fuzzApi } from '../support/api-fuzz.ts';
import { type FullGroup, fillGroup } from '../support/full-group.ts';
import { type Product, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
/** `make fuzz`: minutes instead of seconds. */
const long = process.env['LEAFWARD_TEST_FUZZ'] === 'long';
const timeout = long ? 3_600_000 : 240_000;

/** Routes that would stop the run or leave this machine, each with the reason. */
const without = {
  'GET /groups/{groupId}/stream': 'does not end',
  'POST /groups/{groupId}/hosts/{hostId}/raw': 'waits for the agent',
  'POST /groups/{groupId}/notifiers/{id}/test': 'would call an address that was made up',
};

async function assertNothingFound(
  context: TestContext,
  product: Product,
  group: FullGroup,
  who: { readonly token: string; readonly examples: number },
): Promise<void> {
  const { requests, routes, findings } = await fuzzApi({
    url: product.url,
    headers: { Authorization: `Bearer ${who.token}` },
    group,
    seed,
    examples: long ? 100 * who.examples : who.examples,
    thorough: long,
    without,
    timeoutMs: timeout - 20_000,
  });
  context.diagnostic(`seed ${seed}: ${requests} requests of ${routes} routes`);
  assert.equal(findings, '');
  assert.ok(routes > 80 && requests >= routes, `${requests} requests of ${routes} routes`);
}

test('no route of the API fails, answers what it does not describe, or serves whom it does not know', {
  timeout,
}, async (context) => {
  await using folder = tempDir('api-fuzz');
  await using product = await startProduct(folder);
  await using group = await fillGroup(product);
  const made = await product.api<{ token: { id: string }; secret: string }>('POST', '/tokens', {
    name: 'reader',
    roles: ['readOnly'],
  });
  const before = await product.api('GET', '/hosts');
  await assertNothingFound(context, product, group, { token: made.secret, examples: 1 });
  assert.deepEqual(await product.api('GET', '/hosts'), before, 'who may only read changed nothing');
  await assertNothingFound(context, product, group, { token: product.apiToken, examples: 3 });
});
