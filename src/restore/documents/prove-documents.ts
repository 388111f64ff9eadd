import { type CollectionDigest, DigestWriter } from '../digest.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ProgressMeter } from '../progress.ts';
import type { CollectionProof } from '../proof.ts';
import { splitDocuments } from '../split-documents.ts';
import type { Target } from '../target.ts';
import type { ChosenDocuments } from './chosen.ts';
import { findCopies } from './copies.ts';
import type { RefusedDocuments } from './refused-documents.ts';
import { idOf } from './survey.ts';

/** Of the chosen documents those that were not written. */
export interface NotWritten {
  /** They were there with other content, which stays. */
  readonly kept: CollectionDigest;
  readonly refused: RefusedDocuments;
}

/**
 * Reads every chosen document back from the target by its `_id`, with majority read concern, and compares it byte for byte with what the source
 * gave. The digests are those of docs/restore.md for collections without an order in common.
 */
export async function proveDocuments(
  target: Target,
  planned: PlannedCollection,
  chosen: ChosenDocuments,
  { kept, refused }: NotWritten,
  meter: ProgressMeter,
): Promise<CollectionProof> {
  const sent = new DigestWriter('any');
  const found = new DigestWriter('any');
  const others = new DigestWriter('any');
  const readConcern = target.facts.setName === null ? 'local' : 'majority';
  let missing: Buffer | undefined;
  let different: Buffer | undefined;
  for await (const batch of chosen.batches(target.signal)) {
    const documents = splitDocuments(batch.bytes);
    const copyOf = await findCopies(target, planned, documents, readConcern);
    for (const document of documents) {
      if (refused.has(document)) continue;
      const other = copyOf(document);
      if (other !== undefined && !other.equals(document) && kept.documents > 0) {
        others.add(document, 1);
        continue;
      }
      sent.add(document, 1);
      if (other !== undefined) found.add(other, 1);
      else missing ??= Buffer.from(document);
      if (other !== undefined && !other.equals(document)) different ??= Buffer.from(document);
    }
    meter.add(batch.count, batch.bytes.length);
  }
  const [wanted, has, stayed] = [sent.finish(), found.finish(), others.finish()];
  return {
    from: planned.from,
    to: planned.to,
    documents: wanted.documents,
    bytes: wanted.bytes,
    digest: wanted.digest,
    foundDocuments: has.documents,
    foundBytes: has.bytes,
    foundDigest: has.digest,
    difference: describe({ wanted, has, missing, different, isOther: stayed.digest !== kept.digest }),
  };
}

interface Outcome {
  readonly wanted: CollectionDigest;
  readonly has: CollectionDigest;
  readonly missing: Buffer | undefined;
  readonly different: Buffer | undefined;
  /** Other documents differ than those that were kept. */
  readonly isOther: boolean;
}

function describe({ wanted, has, missing, different, isOther }: Outcome): string | null {
  if (missing !== undefined) {
    return `${wanted.documents - has.documents} documents are not there; the first has _id ${idOf(missing)}`;
  }
  if (different !== undefined) return `a document has other content: _id ${idOf(different)}`;
  if (wanted.digest !== has.digest) return 'the documents are not the same bytes';
  return isOther ? 'other documents than those that were kept have other content' : null;
}
