import type * as OpenIdClient from 'openid-client';
import type { Configuration, ServerMetadata } from 'openid-client';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { describeNetworkError } from '../../runtime/network-error.ts';
import type { Outbound } from '../../wire/outbound/outbound.ts';
import { lacksClaims, personOfClaims } from './claims.ts';
import type { PendingSignIn } from './pending-sign-in.ts';
import { signInRefused } from './problem.ts';
import type { ProvenPerson } from './proven-person.ts';
import type { OidcSettings } from './sign-in-section.ts';

interface OidcParts {
  readonly settings: OidcSettings;
  readonly clientSecret: string | undefined;
}

const discoveredMs = 3_600_000;
/** A provider that did not answer is not asked by every click at once. */
const failedMs = 5_000;
const timeoutSeconds = 10;

type Client = typeof OpenIdClient;

/** The provider of the settings: authorization code with PKCE, state and nonce; discovery is kept for an hour. */
export class OidcProvider {
  readonly #outbound: Outbound;
  readonly #clock: Clock;
  #found:
    | { readonly key: string; readonly untilMs: number; readonly configuration: Promise<Configuration> }
    | undefined;

  constructor(outbound: Outbound, clock: Clock) {
    this.#outbound = outbound;
    this.#clock = clock;
  }

  /** Where to send the browser, and what to remember until it comes back. @throws SIGN_IN_REFUSED */
  async begin(parts: OidcParts, redirectUri: string, to: string): Promise<{ url: URL; pending: PendingSignIn }> {
    const client = await import('openid-client');
    const configuration = await this.#configuration(client, parts);
    const pending = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
      to,
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: parts.settings.scopes,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
    });
    return { url, pending };
  }

  /** Who came back to `callback`, the redirect URI with the provider's answer. @throws SIGN_IN_REFUSED */
  async finish(parts: OidcParts, callback: URL, pending: PendingSignIn): Promise<ProvenPerson> {
    const client = await import('openid-client');
    const configuration = await this.#configuration(client, parts);
    try {
      const tokens = await client.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw signInRefused('provider-refused', 'it sent no ID token');
      const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
      if (!hasMore || !lacksClaims(parts.settings, claims)) return personOfClaims(parts.settings, claims);
      const more = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
      return personOfClaims(parts.settings, { ...more, ...claims });
    } catch (thrown) {
      throw refusalOf(client, thrown);
    }
  }

  /** Where a person ends the session at the provider too; undefined when it has no such address. */
  async signOutUrl(parts: OidcParts, returnTo: string): Promise<URL | undefined> {
    const client = await import('openid-client');
    const configuration = await this.#configuration(client, parts);
    if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo });
  }

  /** Asks the provider anew. @throws SIGN_IN_REFUSED */
  async test(parts: OidcParts): Promise<ServerMetadata> {
    this.#found = undefined;
    return (await this.#configuration(await import('openid-client'), parts)).serverMetadata();
  }

  async #configuration(client: Client, parts: OidcParts): Promise<Configuration> {
    const { issuer, clientId, caCertificate } = parts.settings;
    const key = JSON.stringify([issuer, clientId, caCertificate, parts.clientSecret]);
    const now = this.#clock.now();
    if (this.#found === undefined || this.#found.key !== key || this.#found.untilMs <= now) {
      const configuration = this.#discover(client, parts);
      this.#found = { key, untilMs: now + discoveredMs, configuration };
      configuration.catch(() => {
        if (this.#found?.configuration === configuration) {
          this.#found = { key, untilMs: now + failedMs, configuration };
        }
      });
    }
    try {
      return await this.#found.configuration;
    } catch (thrown) {
      throw refusalOf(client, thrown);
    }
  }

  async #discover(client: Client, { settings, clientSecret }: OidcParts): Promise<Configuration> {
    const issuer = new URL(settings.issuer);
    const ca = settings.caCertificate ?? undefined;
    const guarded = (url: string, options: object): Promise<Response> => this.#outbound.fetch(url, options, ca);
    const isPlain = issuer.protocol === 'http:';
    const found = await client.discovery(issuer, settings.clientId, {}, client.None(), {
      [client.customFetch]: guarded,
      timeout: timeoutSeconds,
      execute: isPlain ? [client.allowInsecureRequests] : [],
    });
    const configuration = new client.Configuration(
      found.serverMetadata(),
      settings.clientId,
      {},
      authentication(client, found.serverMetadata(), clientSecret),
    );
    configuration[client.customFetch] = guarded;
    configuration.timeout = timeoutSeconds;
    if (isPlain) client.allowInsecureRequests(configuration);
    // The ID token's signature too: with it, what the provider said holds by itself.
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }
}

/** The way that the provider takes a secret; without one the client is public, and PKCE alone protects the code. */
function authentication(client: Client, metadata: Readonly<ServerMetadata>, secret: string | undefined) {
  if (secret === undefined) return client.None();
  const ways = metadata.token_endpoint_auth_methods_supported;
  const takesBasic = ways === undefined || ways.includes('client_secret_basic');
  return takesBasic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}

/** What went wrong, in words for the audit log; the provider's own words are cut. */
function refusalOf(client: Client, thrown: unknown): AppError {
  if (thrown instanceof AppError && thrown.code === 'SIGN_IN_REFUSED') return thrown;
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if (at instanceof AppError) return signInRefused('provider-unreachable', at.message, thrown);
  }
  if (thrown instanceof client.AuthorizationResponseError || thrown instanceof client.ResponseBodyError) {
    const words = [thrown.error, thrown.error_description].filter((text) => text !== undefined).join(': ');
    return signInRefused('provider-refused', words.slice(0, 200), thrown);
  }
  // Without a code it is what our own fetch threw.
  if (thrown instanceof client.ClientError && thrown.code !== undefined) return clientRefusal(thrown.code, thrown);
  const { text, timedOut } = describeNetworkError(thrown);
  return signInRefused('provider-unreachable', timedOut ? 'no answer in time' : text, thrown);
}

/** The library's codes: a response of the browser that does not fit is of another sign-in; the rest is the provider's doing. */
function clientRefusal(code: string, thrown: Error): AppError {
  const inner = thrown.cause instanceof Error ? thrown.cause.message : '';
  const words = `${thrown.message} ${inner}`;
  if (/state/.test(words) && code === 'OAUTH_INVALID_RESPONSE')
    return signInRefused('expired', 'its state is another', thrown);
  if (code === 'OAUTH_TIMEOUT') return signInRefused('provider-unreachable', 'no answer in time', thrown);
  if (code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || code === 'OAUTH_RESPONSE_IS_NOT_JSON') {
    return signInRefused('provider-unreachable', words.slice(0, 200), thrown);
  }
  return signInRefused('provider-refused', words.slice(0, 200), thrown);
}
