import { at, type Doc, SourceModel } from '../../unit/vault/source-model.ts';

/** The same history for the same seed, in the process that is killed and in the one that looks at what is left. */
export interface KilledHistory {
  readonly source: SourceModel;
  readonly base: readonly Doc[];
  readonly from: bigint;
  readonly until: bigint;
  /** What the collection held after each entry that changed it, by `_id`. */
  readonly moments: readonly { readonly ts: bigint; readonly documents: readonly Doc[] }[];
}

export const uuid = '22'.repeat(16);
export const namespace = 'shop.orders';
const secondsBetween = 60;

export function history(seed: number, changes: number): KilledHistory {
  const random = generator(seed);
  const source = new SourceModel();
  const documents = new Map<number, Doc>();
  for (let id = 0; id < 60; id++) documents.set(id, { _id: id, n: 0, text: String(random()).repeat(4) });
  const base = [...documents.values()];
  const [from, until] = [at(1000), at(1010)];
  source.nothing(from);
  source.nothing(until);
  const moments = [{ ts: until, documents: base }];
  for (let change = 1; change <= changes; change++) {
    const ts = at(1010 + change * secondsBetween);
    const id = Math.floor(random() * 90);
    const known = documents.get(id);
    if (known === undefined) {
      const fresh = { _id: id, n: change, text: String(random()).repeat(4) };
      source.insert(ts, namespace, uuid, fresh);
      documents.set(id, fresh);
    } else if (random() < 0.3) {
      source.delete(ts, namespace, uuid, id);
      documents.delete(id);
    } else {
      source.set(ts, namespace, uuid, id, { n: change });
      documents.set(id, { ...known, n: change });
    }
    const sorted = [...documents.values()].sort((a, b) => Number(a['_id']) - Number(b['_id']));
    moments.push({ ts, documents: sorted });
  }
  return { source, base, from, until, moments };
}

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
