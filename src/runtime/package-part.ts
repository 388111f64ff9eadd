import { compileFunction } from 'node:vm';
import { inflatedAsset } from './asset.ts';
import { AppError } from './errors.ts';

/** Runs a package that the executable holds apart (build/package-parts.ts) and answers what it exports. */
export function runPart(name: string): unknown {
  const filename = `parts/${name}.cjs`;
  return runText(inflatedAsset(filename).toString('latin1'), filename);
}

/** `text`: a CommonJS module that holds all that it needs but Node's own modules. */
export function runText(text: string, filename: string): unknown {
  const module: { exports: unknown } = { exports: {} };
  const run: unknown = compileFunction(text, ['module', 'exports', 'require'], { filename });
  if (typeof run !== 'function') throw new AppError('INTERNAL', `${filename} is no program`);
  // Its own packages are inside, Node's modules come from process.getBuiltinModule.
  run(module, module.exports, (missing: string) => {
    throw new AppError('INTERNAL', `${filename} asks for ${missing}, which is not in it`);
  });
  return module.exports;
}
