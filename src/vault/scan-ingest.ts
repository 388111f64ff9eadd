import { readContent } from '../blocks/block-codec.ts';
import { BlockContent } from '../blocks/block-content.ts';
import type { BlockRef } from '../blocks/ports.ts';
import { AppError } from '../runtime/errors.ts';
import { releaseBytes } from '../runtime/release-bytes.ts';
import type { BlocksHead, HaveRequest, ScanPart } from '../wire/backup-messages.ts';
import { packRefs } from './block-refs.ts';
import { breathe } from './breathe.ts';
import type { StoredPiece } from './metadata-ports.ts';
import type { ScanBook } from './scan-book.ts';
import type { ScanTallies } from './scan-tally.ts';
import type { GroupStore, VaultStores } from './stores.ts';

type Piece = BlocksHead['pieces'][number];
type HeadBlock = Piece['blocks'][number];
interface NewBlock {
  readonly id: Buffer;
  readonly stored: Buffer;
}

/**
 * Blocks of a scan as agents send them. Nothing of what they claim is believed: every block is decompressed, its hash is made anew, its keys
 * and its place in the run are checked.
 */
export class ScanIngest {
  readonly #stores: VaultStores;
  readonly #scans: ScanBook;
  readonly #tallies: ScanTallies;

  constructor(stores: VaultStores, scans: ScanBook, tallies: ScanTallies) {
    this.#stores = stores;
    this.#scans = scans;
    this.#tallies = tallies;
  }

  /** A piece that is known already is acknowledged and not stored again. Durable when it resolves. */
  async addBlocks(groupId: string, head: BlocksHead, bytes: Buffer): Promise<{ readonly newBytes: number }> {
    const scan = this.#scans.require(groupId, head.replicaSetId, head.scanId);
    if (!scan.planned) throw new AppError('CONFLICT', `the scan ${scan.scanId} has no plan yet`);
    const group = await this.#stores.group(groupId);
    const { metadata } = this.#stores;
    const parts = new Map<string, ScanPart>();
    const pieces: StoredPiece[] = [];
    const blocks: NewBlock[] = [];
    let at = 0;
    for (const piece of head.pieces) {
      const length = piece.blocks.reduce((sum, block) => sum + block.length, 0);
      const name = `${piece.uuid}:${piece.part}`;
      const part = parts.get(name) ?? metadata.part(scan.scanId, piece.uuid, piece.part);
      if (part === null)
        throw new AppError('INPUT_INVALID', `the plan has no part ${piece.part} of collection ${piece.uuid}`);
      if (at + length > bytes.length) throw new AppError('FORMAT_INVALID', 'the envelope ends inside of its blocks');
      if (isNew(part, piece)) {
        const checked = await checkPiece(group, piece, bytes.subarray(at, at + length));
        blocks.push(...checked.blocks);
        pieces.push(checked.piece);
        parts.set(name, { ...part, next: piece.number + 1 });
      }
      at += length;
    }
    if (at !== bytes.length)
      throw new AppError('FORMAT_INVALID', `${bytes.length - at} bytes follow the last block of the envelope`);
    const pin = group.blocks.pin();
    try {
      const { newBytes } = await group.blocks.put(blocks, () => {
        // Asked for another scan meanwhile: these pieces have no place any more.
        this.#scans.require(groupId, head.replicaSetId, head.scanId);
        metadata.addPieces(scan.scanId, pieces);
      });
      this.#tallies.add(scan.replicaSetId, scan.scanId, pieces);
      return { newBytes };
    } finally {
      pin.release();
    }
  }

  /** A yes is kept until the scan ends, over restarts too. */
  async have(groupId: string, request: HaveRequest): Promise<readonly boolean[]> {
    const scan = this.#scans.require(groupId, request.replicaSetId, request.scanId);
    const group = await this.#stores.group(groupId);
    const ids = request.ids.map((id) => Buffer.from(id, 'hex'));
    const pin = group.blocks.pin();
    try {
      const answers = await group.blocks.has(ids);
      const held = ids.filter((_, index) => answers[index] === true);
      if (held.length > 0) this.#stores.metadata.promise(scan.scanId, Buffer.concat(held));
      return answers;
    } finally {
      pin.release();
    }
  }
}

/** @throws CONFLICT when pieces before it are missing */
function isNew(part: ScanPart, piece: Piece): boolean {
  if (piece.number < part.next) return false;
  if (piece.number > part.next) {
    throw new AppError(
      'CONFLICT',
      `part ${piece.part} of collection ${piece.uuid}: piece ${piece.number} came, piece ${part.next} is awaited`,
      { details: { next: part.next } },
    );
  }
  return true;
}

async function checkPiece(
  group: GroupStore,
  piece: Piece,
  bytes: Buffer,
): Promise<{ readonly piece: StoredPiece; readonly blocks: readonly NewBlock[] }> {
  const blocks: NewBlock[] = [];
  const runs = new Map<number, BlockRef[]>();
  let at = 0;
  for (const block of piece.blocks) {
    const id = Buffer.from(block.id, 'hex');
    const stored = block.length === 0 ? await storedBefore(group, id) : bytes.subarray(at, at + block.length);
    at += block.length;
    const ref = checkBlock(group, block, stored);
    const refs = runs.get(block.run) ?? [];
    const before = refs.at(-1);
    if (before !== undefined && Buffer.compare(before.lastKey, ref.firstKey) >= 0)
      throw wrong(block, 'its keys are not above those of the block before it');
    runs.set(block.run, [...refs, ref]);
    if (block.length > 0) blocks.push({ id, stored });
    await breathe();
  }
  const { uuid, part, number, restart, after, done, documents, bytes: content } = piece;
  return {
    blocks,
    piece: {
      ...{ uuid, part, number, restart, after, done, documents, bytes: content },
      runs: [...runs].map(([run, refs]) => ({ run, refs: packRefs(refs) })),
    },
  };
}

async function storedBefore(group: GroupStore, id: Buffer): Promise<Buffer> {
  const [has] = await group.blocks.has([id]);
  if (has === true) return group.blocks.read(id);
  throw new AppError('CONFLICT', `block ${id.toString('hex')} came without its bytes, but it is not in the store`, {
    details: { missing: id.toString('hex') },
    hint: 'The agent asks again which blocks are there.',
  });
}

/** What the head says of a block must be what the block says of itself. */
function checkBlock(group: GroupStore, block: HeadBlock, stored: Buffer): BlockRef {
  const id = Buffer.from(block.id, 'hex');
  const bytes = readContent(stored, id, group.blockKey);
  const content = new BlockContent(bytes);
  const { count, holdsDocumentsAlone } = content;
  const firstKey = Buffer.from(content.key(0));
  const lastKey = Buffer.from(content.key(count - 1));
  releaseBytes(bytes);
  if (!firstKey.equals(Buffer.from(block.firstKey, 'base64'))) throw wrong(block, 'its first key is another one');
  if (!lastKey.equals(Buffer.from(block.lastKey, 'base64'))) throw wrong(block, 'its last key is another one');
  if (!holdsDocumentsAlone) throw wrong(block, 'it holds deletes or updates: a scan has documents alone');
  if (count !== block.count) throw wrong(block, `it has ${count} entries, not ${block.count}`);
  const contentBytes = stored.readUInt32LE(1);
  if (contentBytes !== block.contentBytes)
    throw wrong(block, `it has ${contentBytes} bytes, not ${block.contentBytes}`);
  return { id, firstKey, lastKey, count, contentBytes, storedBytes: stored.length };
}

function wrong(block: HeadBlock, why: string): AppError {
  return new AppError('FORMAT_INVALID', `block ${block.id}: ${why}`);
}
