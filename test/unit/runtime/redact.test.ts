import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from '../../../src/runtime/redact.ts';

const secret = 'Zm9vYmFyYmF6cXV4LTEyMzQ1Njc4OTA';
const lines = [
  `mongodb://admin:${secret}@db1:27017/`,
  `mongodb+srv://admin:${secret}@db1/`,
  `https://proxy:${secret}@proxy.example.net:3128`,
  `apiKey=lfw_abc123_${secret}`,
  `Bearer lft_abc123_${secret}`,
  `GET /settings/agents/${secret}/leafward-monitoring-agent-x.tar.gz`,
  `GET /setup/${secret}`,
  `GET /sign-in/${secret}`,
  `GET /restore/${secret}/rs0-20261121T100000Z.archive.gz`,
  `GET /api/v1/password-reset/${secret}`,
  `GET /invitation/${secret}`,
  `POST /api/v1/invitations/${secret}/accept`,
];

for (const line of lines) {
  test(`masks the secret in ${line.replace(secret, '…')} and keeps the rest`, () => {
    const masked = redact(line);
    assert.equal(masked.includes(secret), false);
    assert.ok(masked.includes('***'));
    assert.equal(masked.slice(0, 5), line.slice(0, 5));
  });
}

test('leaves what is no secret as it is', () => {
  const line = 'mongodb://db1:27017/?replicaSet=rs0 https://leafward.example.net/settings/agents';
  assert.equal(redact(line), line);
});
