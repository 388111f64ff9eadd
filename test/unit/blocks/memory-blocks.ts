import type { BlockSink, BlockSource } from '../../../src/blocks/ports.ts';
import { AppError } from '../../../src/runtime/errors.ts';

/** Blocks in memory, with a count of what was read. */
export class MemoryBlocks implements BlockSource, BlockSink {
  readonly blocks = new Map<string, Buffer>();
  reads = 0;

  async put(id: Buffer, stored: Buffer): Promise<void> {
    this.blocks.set(id.toString('hex'), stored);
  }

  async read(id: Buffer): Promise<Buffer> {
    this.reads++;
    const stored = this.blocks.get(id.toString('hex'));
    if (stored === undefined) throw new AppError('STORE_CORRUPT', `there is no block ${id.toString('hex')}`);
    return stored;
  }
}
