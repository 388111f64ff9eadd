import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundlePart } from '../../../build/bundle.ts';
import { packageParts } from '../../../build/package-parts.ts';
import { runText } from '../../../src/runtime/package-part.ts';

/** What Leafward calls of each, as a function; the part that others ask for at load exports nothing. */
const called: Readonly<Record<string, readonly string[]>> = {
  '@peculiar/x509': ['X509CertificateGenerator', 'BasicConstraintsExtension'],
  ldapts: ['Client'],
  'nodemailer/lib/mail-composer': ['default'],
  'nodemailer/lib/smtp-connection': ['default'],
  'openid-client': ['discovery', 'authorizationCodeGrant', 'randomPKCECodeVerifier'],
  'reflect-metadata': [],
};

test('each package that the executable holds apart runs by itself and exports what is called', async () => {
  assert.deepEqual(Object.keys(called).toSorted(), [...packageParts].toSorted());
  // reflect-metadata comes first, as where it is used.
  for (const name of packageParts.toReversed()) {
    const text = Buffer.from(await bundlePart(name, new Set())).toString('latin1');
    const exported = runText(text, name);
    for (const field of called[name] ?? [])
      assert.equal(typeof Reflect.get(Object(exported), field), 'function', field);
  }
});
