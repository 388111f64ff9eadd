import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';

export interface MongodProgram {
  readonly path: string;
  /** What must be added to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The mongod of the demo: the one that is named, the one that tests use ($LEAFWARD_TEST_MONGOD, or fetched by
 * `make setup` into .cache beside the executable's or the program's folder), one on the PATH.
 * @throws NOT_FOUND with what to do.
 */
export function findMongod(named: string | undefined, env: NodeJS.ProcessEnv = process.env): MongodProgram {
  const given = named ?? env['LEAFWARD_TEST_MONGOD'];
  if (given !== undefined && given !== '') {
    if (isProgram(given)) return { path: given, env: {} };
    throw new AppError('NOT_FOUND', `${given} is not a program that can be run`, {
      hint: 'Name the path of a mongod.',
    });
  }
  const found = fetched() ?? onPath(env);
  if (found !== undefined) return found;
  throw new AppError('NOT_FOUND', 'the demo starts a replica set, and there is no mongod on this machine', {
    hint: 'Install MongoDB, name a mongod with --mongod PATH, or watch what you have: MONGODB_URI=mongodb://host:27017 leafward demo.',
  });
}

function fetched(): MongodProgram | undefined {
  // From sources this file lies three folders below the top, the executable one.
  const tops = [join(dirname(process.execPath), '..'), join(import.meta.dirname ?? '.', '..', '..', '..')];
  for (const top of tops) {
    for (const version of ['6.0', '5.0', '4.4']) {
      const folder = join(top, '.cache', 'mongod', version);
      const path = join(folder, 'mongod');
      if (!isProgram(path)) continue;
      const libraries = join(folder, 'lib');
      return { path, env: existsSync(libraries) ? { LD_LIBRARY_PATH: libraries } : {} };
    }
  }
  return undefined;
}

function onPath(env: NodeJS.ProcessEnv): MongodProgram | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'mongod');
    if (folder !== '' && isProgram(path)) return { path, env: {} };
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
