import fc from 'fast-check';
import { anyValues, idValues } from '../../unit/blocks/id-values.ts';
import { element, rawDocument, rawValue } from '../../unit/blocks/raw-bson.ts';

/** Documents of every BSON type, as no driver writes them: undefined, symbol, DBPointer, duplicate names, odd decimals. */
export function oddDocuments(seed: number, count: number): Buffer[] {
  const fields = fc.array(fc.tuple(fc.constantFrom('a', 'b', '10', '2', 'é', ''), anyValues), { maxLength: 6 });
  return fc
    .sample(fc.tuple(idValues, fields), { seed, numRuns: count })
    .map(([id, list]) =>
      rawDocument(
        element('_id', id.type, id.bytes),
        ...list.map(([name, { type, bytes }]) => element(name, type, bytes)),
      ),
    );
}

/** Objects within objects, `depth` deep. */
export function deepDocument(id: number, depth: number): Buffer {
  let inner = rawDocument(element('end', 0x10, rawValue.int32(id)));
  for (let level = 2; level < depth; level++) inner = rawDocument(element('n', 0x03, inner));
  return rawDocument(element('_id', 0x10, rawValue.int32(id)), element('n', 0x03, inner));
}
