import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { specialPurpose } from '../../model/special-address.ts';
import { AppError } from '../../runtime/errors.ts';
import { type Look, lookAt } from './look.ts';

/** What a probe may do to the world; tests give other ones. */
export interface ProbeWays {
  /** All addresses of a name, asked for once. @throws when it has none */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Why an address is never dialled; undefined: it is of the public internet. */
  readonly refused: (address: string) => string | undefined;
  readonly look: typeof lookAt;
}

export const realWays: ProbeWays = {
  resolve: async (name) => (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address),
  refused: specialPurpose,
  look: lookAt,
};

/** What a probe of one host came to. `postponed`: one of its addresses was dialled a moment ago; nothing was done. */
export type Probed =
  | { readonly kind: 'postponed' }
  | { readonly kind: 'unresolved'; readonly name: string; readonly reason: string }
  /** `addresses`: those that it has instead, each with why it is not dialled. */
  | { readonly kind: 'private'; readonly addresses: readonly string[] }
  | { readonly kind: 'looked'; readonly address: string; readonly look: Look };

const resolveMs = 5000;
/** Of one name: the others are other doors to the same process. */
const addressesAtMost = 2;

/**
 * Resolves the name once, and looks at those very addresses that are public: a name that leads elsewhere a moment later is not
 * followed. Of two, the worse one counts. `mayDial` is asked before.
 *
 * @param host `name:port`
 * @throws the signal's reason
 */
export async function probeHost(
  host: string,
  ways: ProbeWays,
  signal: AbortSignal,
  mayDial: (addresses: readonly string[]) => boolean = () => true,
): Promise<Probed> {
  const { name, port } = partsOf(host);
  const resolved = isIP(name) === 0 ? await resolveOnce(name, ways, signal) : [name];
  if (typeof resolved === 'string') return { kind: 'unresolved', name, reason: resolved };
  const publicOnes = [...new Set(resolved)].filter((address) => ways.refused(address) === undefined);
  if (publicOnes.length === 0) {
    return { kind: 'private', addresses: resolved.map((address) => `${address} (${ways.refused(address)})`) };
  }
  const chosen = publicOnes.slice(0, addressesAtMost);
  if (!mayDial(chosen)) return { kind: 'postponed' };
  let worst: Probed | undefined;
  for (const address of chosen) {
    const look = await ways.look({ address, port, name }, signal);
    if (worst?.kind !== 'looked' || rank[look.kind] > rank[worst.look.kind]) {
      worst = { kind: 'looked', address: isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`, look };
    }
  }
  return worst ?? { kind: 'postponed' };
}

/** What is worse, and what says more. */
const rank: Readonly<Record<Look['kind'], number>> = {
  noRoute: 0,
  silent: 1,
  refused: 2,
  otherService: 3,
  mongodb: 4,
  open: 5,
};

/** `name:port` as parseHostAddress writes it. */
function partsOf(host: string): { name: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(host);
  const name = match?.[1] ?? match?.[2];
  if (name === undefined)
    throw new AppError('INPUT_INVALID', `"${host.slice(0, 80)}" is not a host: expected name:port`);
  return { name, port: Number(match?.[3]) };
}

/** Gives back why not, in words. */
async function resolveOnce(name: string, ways: ProbeWays, signal: AbortSignal): Promise<readonly string[] | string> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new AppError('TIMEOUT', 'the name servers did not answer')), resolveMs);
  const onAbort = (): void => late.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([ways.resolve(name), late.promise]);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof AppError) return thrown.message;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    return code === 'ENOTFOUND' || code === 'ENODATA' ? 'there is no such name' : `the name servers say ${code}`;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
