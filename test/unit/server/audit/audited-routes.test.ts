import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { auditActions } from '../../../../src/wire/api/audit-actions.ts';
import { audited, unaudited } from '../../../support/audited-routes.ts';
import { startBackupFixture } from '../../../support/backup-fixture.ts';

/** GETs that hand out what is in people's databases, keys or the audit log itself. */
function handsOutData(url: string): boolean {
  return /\/chunks$|\.jsonl$|\/callback$|^\/restore\/|^\/settings\/agents\/:token/.test(url);
}

test('every route that changes something or hands out data is audited, or says why not', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { routeList } = fixture.server.app;
  const walked = new Set<string>();
  for (const { method, url, access } of routeList) {
    const plain = url.replace(/^\/api\/v1/, '');
    if (method === 'HEAD' || (method === 'GET' && !handsOutData(plain))) continue;
    if (access === 'agent' && url.startsWith('/agent/v1/backup/')) continue;
    const route = `${method} ${plain}`;
    walked.add(route);
    assert.notEqual(route in audited, route in unaudited, `${route} is to be in one of the two lists`);
  }
  assert.ok(walked.size > 70, `only ${walked.size} routes were seen`);
  for (const route of [...Object.keys(audited), ...Object.keys(unaudited)]) {
    assert.ok(walked.has(route), `there is no route ${route} any more`);
  }
  for (const action of Object.values(audited)) assert.ok(action in auditActions, `${action} is no action`);
});

test('each action of the list is used, has its meaning, and stands in docs/audit.md', () => {
  const page = readFileSync('docs/audit.md', 'utf8');
  const used = sources('src/server').join('\n');
  for (const [action, meaning] of Object.entries(auditActions)) {
    assert.ok(used.includes(`'${action}'`), `nothing writes ${action}`);
    assert.match(action, /^[a-z]\w+\.[a-z]\w+$/i);
    assert.ok(page.includes(`| \`${action}\` | ${meaning} |`), `docs/audit.md lacks the line of ${action}`);
  }
});

function sources(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
}
