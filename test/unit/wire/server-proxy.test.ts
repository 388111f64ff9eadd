import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExempt, proxyTo } from '../../../src/wire/server-proxy.ts';

const secure = 'https://leafward.example.net:8443';
const plain = 'http://leafward.example.net';

test('the setting goes before the environment; https_proxy is for https servers, http_proxy for others, in either case', () => {
  const url = (serverUrl: string, env: NodeJS.ProcessEnv, httpProxy?: string) =>
    proxyTo(serverUrl, { env, httpProxy })?.url;
  assert.equal(url(secure, { https_proxy: 'http://a:1' }), 'http://a:1');
  assert.equal(url(secure, { HTTPS_PROXY: 'http://a:1' }), 'http://a:1');
  assert.equal(url(secure, { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://large:1' }), 'http://small:1');
  assert.equal(url(plain, { HTTP_PROXY: 'https://a:1' }), 'https://a:1');
  assert.equal(url(plain, { https_proxy: 'http://a:1' }), undefined);
  assert.equal(url(secure, { http_proxy: 'http://a:1' }), undefined);
  assert.equal(url(secure, { https_proxy: 'http://a:1' }, 'proxy.example.net:3128'), 'http://proxy.example.net:3128');
  assert.equal(url(secure, { https_proxy: ' ', HTTPS_PROXY: 'http://a:1' }), undefined);
  assert.equal(url(secure, { https_proxy: 'http://a:1', NO_PROXY: '.example.net' }), undefined);
  assert.equal(url(secure, {}), undefined);
  assert.equal(proxyTo(secure, { env: {}, httpProxy: 'http://a:1' })?.isTunnel, true);
  assert.equal(proxyTo(plain, { env: {}, httpProxy: 'http://a:1' })?.isTunnel, false);
});

test('credentials come from the address or from a setting of their own, which goes before', () => {
  const of = (httpProxy: string, httpProxyCredentials?: string) =>
    proxyTo(secure, { env: {}, httpProxy, httpProxyCredentials })?.credentials;
  assert.equal(of('http://a:1'), undefined);
  assert.deepEqual(of('http://me:p%40%3Ass@a:1'), { user: 'me', password: 'p@:ss' });
  assert.deepEqual(of('http://me@a:1'), { user: 'me', password: '' });
  assert.deepEqual(of('http://a:1', 'me:p:%ss'), { user: 'me', password: 'p:%ss' });
  assert.deepEqual(of('http://old:x@a:1', 'me:new'), { user: 'me', password: 'new' });
  assert.equal(proxyTo(secure, { env: {}, httpProxy: 'http://me:secret@a:1' })?.url, 'http://a:1');
});

test('what is no proxy is refused without repeating it', () => {
  for (const [httpProxy, said] of [
    ['http://me:geheim@', /is no address/],
    ['socks5://me:geheim@a:1', /speaks socks5, which is not supported/],
    ['http://me:geheim%@a:1', /must be written as %25/],
  ] as const) {
    assert.throws(
      () => proxyTo(secure, { env: {}, httpProxy }),
      (thrown: Error) => said.test(thrown.message) && !thrown.message.includes('geheim'),
    );
  }
  for (const httpProxyCredentials of ['geheim', ':geheim', '']) {
    assert.throws(
      () => proxyTo(secure, { env: {}, httpProxy: 'http://a:1', httpProxyCredentials }),
      (thrown: Error) => /no user and password/.test(thrown.message) && !thrown.message.includes('geheim'),
    );
  }
});

test('no_proxy names hosts, domains, addresses and networks, with or without a port', () => {
  for (const [url, entry, exempt] of [
    [secure, 'leafward.example.net', true],
    [secure, 'LEAFWARD.example.NET', true],
    [secure, 'example.net', true],
    [secure, '.example.net', true],
    [secure, '*.example.net', true],
    [secure, 'leafward.example.net:8443', true],
    [secure, 'leafward.example.net:443', false],
    [secure, 'ample.net', false],
    [secure, '*.leafward.example.net', false],
    [secure, '*', true],
    [secure, 'other.net, example.net', true],
    [secure, 'other.net example.net', true],
    [secure, '', false],
    [plain, 'leafward.example.net:80', true],
    ['https://example.net', '*.example.net', false],
    ['https://example.net.', 'example.net', true],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://10.1.2.3:9', '10.1.2.3:9', true],
    ['https://[::1]:9', '::1', true],
    ['https://[::1]:9', '[::1]:9', true],
    ['https://[::1]:9', '[::1]:8', false],
    ['https://[fd00::7]', 'fd00::/8', true],
  ] as const) {
    assert.equal(isExempt(url, entry), exempt, `${url} by ${entry}`);
  }
});
