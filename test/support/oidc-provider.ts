import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { eventually } from './eventually.ts';

/** What we use of oidc-provider, which brings no types. */
interface ProviderPackage {
  readonly Provider: new (issuer: string, configuration: object) => OidcServer;
}
interface OidcServer {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
  readonly Grant: new (of: {
    accountId: string;
    clientId: string;
  }) => {
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  };
}
interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}

export const testClient = { id: 'leafward', secret: 'a secret of the client' };

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Who signs in next, with these claims; null: the person gives up. */
  person: { readonly sub: string; readonly claims: Readonly<Record<string, unknown>> } | null;
  /** Changes what goes out, to play a provider that lies. */
  tamper: { nonce?: string };
  /** Follows the way of a browser from the provider's page to the address that it sends the browser back to. */
  walk(url: string): Promise<URL>;
}

/** A real OpenID provider on a loopback address; its sign-in page is answered by `person` without a page. */
export async function startOidcProvider(redirectUri: () => string): Promise<TestProvider> {
  const { Provider } = createRequire(import.meta.url)('oidc-provider') as ProviderPackage;
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await eventually(async () => http.listening, { what: 'the provider' });
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const issuer = `http://127.0.0.1:${port}`;
  const provider: OidcServer = new Provider(
    issuer,
    configurationOf(
      redirectUri,
      () => test.person,
      () => provider,
    ),
  );
  const handle = provider.callback();
  const test: TestProvider = {
    issuer,
    person: null,
    tamper: {},
    walk: (url) => walk(url, issuer, test.tamper),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
  http.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/interaction/') !== true) {
      handle(request, response);
      return;
    }
    const result =
      test.person === null
        ? { error: 'access_denied', error_description: 'gave up' }
        : { login: { accountId: test.person.sub } };
    provider
      .interactionFinished(request, response, result)
      .catch((thrown: unknown) => response.writeHead(500).end(String(thrown)));
  });
  return test;
}

function configurationOf(
  redirectUri: () => string,
  person: () => TestProvider['person'],
  server: () => OidcServer,
): object {
  return {
    clients: [
      {
        client_id: testClient.id,
        client_secret: testClient.secret,
        redirect_uris: [redirectUri()],
        post_logout_redirect_uris: [redirectUri().replace('/api/v1/sign-in/oidc/callback', '/sign-in')],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups', 'realm_access'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['only for tests'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, ...person()?.claims }),
    }),
    // Nobody is asked for consent.
    async loadExistingGrant({ oidc: { client, session } }: GrantContext) {
      const grant = new (server().Grant)({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

async function walk(start: string, issuer: string, tamper: TestProvider['tamper']): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  if (tamper.nonce !== undefined) url.searchParams.set('nonce', tamper.nonce);
  for (let hops = 0; url.origin === issuer; hops++) {
    if (hops > 10) throw new Error(`the provider leads in a circle: ${url.href}`);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const reply = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of reply.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const equals = pair.indexOf('=');
      cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    const location = reply.headers.get('location');
    if (location === null)
      throw new Error(`the provider answered ${reply.status} at ${url.pathname}: ${await reply.text()}`);
    url = new URL(location, url);
  }
  return url;
}
