import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problem } from '../../../../src/wire/api/common.ts';
import { addGroup, api, startFixture } from '../../../support/server-fixture.ts';

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

test('the description of the API has every route with what it answers, how it refuses, and who may call it', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'one');
  const served = (await api(server, group, 'GET', '/openapi.json')).json<Document>();
  const operations = Object.entries(served.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  assert.ok(operations.length > 50, String(operations.length));
  const names = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length, 'operation ids are unique');
  for (const { path, method, operation } of operations) {
    const where = `${method} ${path}`;
    const statuses = Object.keys(operation.responses);
    const success = statuses.filter((status) => status.startsWith('2') || status.startsWith('3'));
    assert.ok(success.length > 0, `${where} has an answer`);
    for (const status of success.filter((each) => each === '200' || each === '201')) {
      assert.ok(Object.keys(operation.responses[status]?.content ?? {}).length > 0, `${where} describes its ${status}`);
    }
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (status >= '400') assert.ok(JSON.stringify(content).includes('#/components/schemas/problem'), where);
    }
    const inPath = operation.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ?? [];
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(new Set(inPath), new Set(named), `${where} describes its ids`);
    if (operation.security.length > 0) assert.ok(statuses.includes('401') && statuses.includes('403'), where);
    if (named.length > 0) assert.ok(statuses.includes('404'), where);
    assert.ok(operation.tags.length > 0, where);
  }
  assert.deepEqual(served.paths['/api/v1/session/link']?.['post']?.security, [], 'whoever signs in is nobody yet');
  assert.equal(served.paths['/api/v1/groups/{groupId}/downloads']?.['post']?.requestBody?.required, false);
  assert.equal(served.paths['/api/v1/groups/{groupId}/keys']?.['post']?.requestBody?.required, true);
  assert.ok('problem' in served.components.schemas);
  assert.ok(!JSON.stringify(served).includes('/agent/v1'), 'agents have a protocol of their own');
});

test('what is no request at all is answered as a problem', async () => {
  await using server = await startFixture();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/catalog?x=${'x'.repeat(20_000)}`);
  assert.equal(answer.status, 431);
  assert.equal(problem.parse(await answer.json()).code, 'BODY_TOO_LARGE');
});
