import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fuzzApi } from '../support/api-fuzz.ts';
import { type FullGroup, fillGroup } from '../support/full-group.ts';
import { type Product, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
/** `make fuzz`: minutes instead of seconds. */
const long = process.env['LEAFWARD_TEST_FUZZ'] === 'long';
const timeout = long ? 3_600_000 : 800_000;

/** Routes that would stop the run or leave this machine, each with the reason. */
const without = {
  'DELETE /session': 'ends the session that asks',
  'DELETE /account/sessions/{id}': 'ends the session that asks',
  'POST /account/password': 'ends the session that asks',
  'POST /account/second-factor/confirm': 'would ask for a code from then on',
  'PATCH /instance/sign-in': 'would demand a second factor, or call a provider that was made up',
  'POST /instance/mail/test': 'would call an address that was made up',
  'GET /groups/{groupId}/stream': 'does not end',
  'POST /groups/{groupId}/hosts/{hostId}/raw': 'waits for the agent',
  'POST /groups/{groupId}/notifiers/{id}/test': 'would call an address that was made up',
};

async function assertNothingFound(
  context: TestContext,
  product: Product,
  group: FullGroup,
  who: { readonly headers: Readonly<Record<string, string>>; readonly examples: number },
): Promise<void> {
  const { requests, routes, findings } = await fuzzApi({
    url: product.url,
    headers: who.headers,
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
  const before = await stateOf(product);
  await assertNothingFound(context, product, group, { headers: bearer(made.secret), examples: 1 });
  assert.deepEqual(await stateOf(product), before, 'who may only read changed nothing');
  await assertNothingFound(context, product, group, { headers: bearer(product.apiToken), examples: 3 });
  if (long) await assertNothingFound(context, product, group, { headers: await signIn(product), examples: 1 });
});

function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

/** The administrator of the server, as a page is signed in. */
async function signIn({ url }: Product): Promise<Record<string, string>> {
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'me@example.net', password: 'correct horse battery' }),
  });
  const { csrf } = (await answer.json()) as { csrf: string };
  const [cookie = ''] = answer.headers.getSetCookie();
  return { Cookie: cookie.split(';', 1)[0] ?? '', 'leafward-csrf': csrf };
}

/** What people have made in the group, without what time alone changes. */
async function stateOf(product: Product): Promise<unknown> {
  const hosts = await product.api<{ id: string; host: string; tags: unknown }[]>('GET', '/hosts');
  const ids = async (path: string): Promise<string[]> =>
    (await product.api<{ id: string }[]>('GET', path)).map(({ id }) => id);
  return {
    hosts: hosts.map(({ id, host, tags }) => ({ id, host, tags })),
    group: await product.api('GET', ''),
    rules: await product.api('GET', '/alert-rules'),
    notifiers: await product.api('GET', '/notifiers'),
    keys: await ids('/keys'),
    tokens: await ids('/tokens'),
    downloads: await ids('/downloads'),
  };
}
