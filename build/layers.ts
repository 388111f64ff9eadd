/** Which folder of src may import which, and which package may be imported where: docs/ARCHITECTURE.md as data. */
export interface Layer {
  /** Other folders of src that it may import; itself is always allowed. */
  readonly imports: readonly string[];
  /** Only this file name of a folder may be imported (the consumer's ports). */
  readonly portsOf?: readonly string[];
  /** Only `import type` from these folders; single files that may be imported whole are in `valueFiles`. */
  readonly typesOf?: readonly string[];
  readonly valueFiles?: readonly string[];
}

export const layers: Readonly<Record<string, Layer>> = {
  runtime: { imports: [] },
  model: { imports: ['runtime'] },
  wire: { imports: ['runtime', 'model'] },
  deployment: { imports: ['runtime', 'model', 'wire'] },
  monitor: { imports: ['runtime', 'model', 'wire', 'deployment'] },
  metrics: { imports: ['runtime', 'model'] },
  blocks: { imports: ['runtime', 'model'] },
  oplog: { imports: ['runtime', 'model', 'blocks'] },
  vault: { imports: ['runtime', 'model', 'wire', 'blocks', 'oplog'] },
  capture: { imports: ['runtime', 'model', 'wire', 'deployment', 'blocks', 'oplog'] },
  query: { imports: ['runtime', 'model', 'wire', 'blocks'] },
  restore: { imports: ['runtime', 'model', 'wire', 'deployment', 'blocks', 'query'] },
  alerts: { imports: ['runtime', 'model', 'metrics', 'wire'] },
  server: { imports: ['runtime', 'model', 'wire', 'metrics', 'alerts', 'blocks', 'query'], portsOf: ['vault'] },
  storage: { imports: ['runtime', 'model'], portsOf: ['metrics', 'alerts', 'server', 'vault'] },
  web: { imports: [], typesOf: ['wire', 'model'], valueFiles: ['src/model/plain-name.ts'] },
  cli: {
    imports: [
      'runtime',
      'model',
      'wire',
      'deployment',
      'monitor',
      'metrics',
      'blocks',
      'oplog',
      'vault',
      'capture',
      'query',
      'restore',
      'alerts',
      'server',
      'storage',
    ],
  },
};

/** Packages that only the named folders or files may import; every other package is open to all folders. */
export const packageHomes: Readonly<Record<string, readonly string[]>> = {
  cac: ['src/cli/'],
  consola: ['src/runtime/log.ts'],
  undici: ['src/wire/dispatcher.ts', 'src/wire/outbound/'],
  nodemailer: ['src/wire/outbound/'],
  mongodb: ['src/deployment/', 'src/capture/', 'src/restore/', 'src/cli/demo'],
  bson: [
    'src/deployment/',
    'src/oplog/',
    'src/vault/',
    'src/capture/',
    'src/query/',
    'src/restore/',
    'src/server/backup/',
    'src/cli/',
  ],
  'node:sqlite': ['src/storage/sqlite/'],
  fastify: ['src/server/'],
  'fastify-type-provider-zod': ['src/server/'],
  '@fastify/cookie': ['src/server/'],
  '@fastify/swagger': ['src/server/'],
  '@peculiar/x509': ['src/server/'],
  'reflect-metadata': ['src/server/'],
  'tar-stream': ['src/server/'],
  'openid-client': ['src/server/sign-in/'],
  ldapts: ['src/server/sign-in/'],
  preact: ['src/web/'],
  uplot: ['src/web/'],
};
