import { type FileHandle, open } from 'node:fs/promises';

/**
 * Calls `before` each time this process makes the bytes of a file durable, until the scope ends; what it throws is what the kernel would have said. The
 * real call follows.
 */
export async function watchSyncs(before: () => void): Promise<Disposable> {
  const probe = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const real = prototype.datasync;
  prototype.datasync = async function datasync(this: FileHandle): Promise<void> {
    before();
    await real.call(this);
  };
  return {
    [Symbol.dispose]: () => {
      prototype.datasync = real;
    },
  };
}
