import { plainEmail } from '../access/accounts.ts';
import { signInRefused } from './problem.ts';
import type { ProvenPerson } from './proven-person.ts';
import type { OidcSettings } from './sign-in-section.ts';

type Claims = Readonly<Record<string, unknown>>;

const mostValues = 1000;

/** Who the provider says this is. @throws SIGN_IN_REFUSED: no e-mail address, or one that is not verified */
export function personOfClaims(settings: OidcSettings, claims: Claims & { readonly sub: string }): ProvenPerson {
  const email = textAt(claims, settings.emailClaim);
  if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 400) throw signInRefused('no-email');
  if (settings.verifiedEmailOnly && claims['email_verified'] !== true && claims['email_verified'] !== 'true') {
    throw signInRefused('email-not-verified');
  }
  return {
    provider: 'oidc',
    subject: `${settings.issuer} ${claims.sub}`,
    email: plainEmail(email),
    name: (textAt(claims, settings.nameClaim) ?? '').slice(0, 200),
    values: valuesAt(claims, settings.rolesClaim),
  };
}

/** Whether the provider has to be asked for more than the ID token holds. */
export function lacksClaims(settings: OidcSettings, claims: Claims): boolean {
  const wanted = [settings.emailClaim, settings.nameClaim, settings.rolesClaim];
  return wanted.some((name) => at(claims, name) === undefined);
}

function textAt(claims: Claims, path: string): string | undefined {
  const found = at(claims, path);
  return typeof found === 'string' && found.trim() !== '' ? found.trim() : undefined;
}

/** A list of texts, or one text: whole, and by its words, as some providers join them. */
function valuesAt(claims: Claims, path: string): readonly string[] {
  const found = at(claims, path);
  if (typeof found === 'string') return [...new Set([found, ...found.split(/[\s,]+/)])].filter((text) => text !== '');
  if (!Array.isArray(found)) return [];
  return found.filter((part): part is string => typeof part === 'string').slice(0, mostValues);
}

/** By the whole name first: claims may have names with dots, and be addresses. */
function at(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let here: unknown = claims;
  for (const part of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = Object.entries(here).find(([name]) => name === part)?.[1];
  }
  return here;
}
