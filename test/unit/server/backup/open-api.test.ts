import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBackupFixture } from '../../../support/backup-fixture.ts';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses?: object }>>>>;
}

test('the description of the API holds every route of backups, with what it answers', async () => {
  await using fixture = await startBackupFixture([]);
  const reply = await fixture.server.app.inject({ url: '/api/v1/openapi.json' });
  assert.equal(reply.statusCode, 200, reply.body);
  const { paths } = reply.json<OpenApi>();
  const ours = Object.keys(paths).filter((path) => path.includes('/backup'));
  for (const part of ['start', 'stop', 'terminate', 'resync', 'snapshots', 'timeline', 'plan', 'write-sources']) {
    assert.ok(
      ours.some((path) => path.endsWith(`/${part}`)),
      part,
    );
  }
  for (const part of ['views', 'chunks', 'find', 'history', 'verify', 'restore-links', 'backup-store']) {
    assert.ok(
      ours.some((path) => path.endsWith(`/${part}`)),
      part,
    );
  }
  assert.match(JSON.stringify(paths), /protectedUntilMs/);
  assert.equal(
    Object.keys(paths).some((path) => path.includes('/restore/')),
    false,
  );
});
