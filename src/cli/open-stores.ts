import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { AppError } from '../runtime/errors.ts';
import { alertMigrations } from '../storage/sqlite/alert-migrations.ts';
import { auditMigrations } from '../storage/sqlite/audit-migrations.ts';
import type { SqlDatabase } from '../storage/sqlite/database.ts';
import { downloadMigrations } from '../storage/sqlite/download-migrations.ts';
import { exposureMigrations } from '../storage/sqlite/exposure-migrations.ts';
import { instanceMigrations } from '../storage/sqlite/instance-migrations.ts';
import { metadataMigrations } from '../storage/sqlite/metadata-migrations.ts';
import { openSqlDatabase } from '../storage/sqlite/open-database.ts';
import { seriesMigrations } from '../storage/sqlite/series-migrations.ts';
import { signInMigrations } from '../storage/sqlite/sign-in-migrations.ts';

/** Opens the data directory (made with 0700 when it is not there) with every part of its schema. */
export async function openDataDir(dataDir: string): Promise<SqlDatabase> {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (process.platform !== 'win32' && (statSync(dataDir).mode & 0o077) !== 0) chmodSync(dataDir, 0o700);
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot use the data directory ${dataDir}: ${textOf(cause)}`, {
      cause,
      hint: 'Name a folder that this user may write: --data-dir DIR.',
    });
  }
  return openSqlDatabase(dataDir, [
    { name: 'metadata', steps: metadataMigrations },
    { name: 'series', steps: seriesMigrations },
    { name: 'alerts', steps: alertMigrations },
    { name: 'audit', steps: auditMigrations },
    { name: 'sign-in', steps: signInMigrations },
    { name: 'downloads', steps: downloadMigrations },
    { name: 'instance', steps: instanceMigrations },
    { name: 'exposure', steps: exposureMigrations },
  ]);
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
