import { readFileSync } from 'node:fs';
import { systemClock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { type AdminAnswer, type AdminRequest, adminRequest, runAdminAction } from '../server/admin/admin-actions.ts';
import { askAdmin } from '../server/admin/admin-socket.ts';
import { createMetadataStores } from '../storage/sqlite/metadata-stores.ts';
import type { Flags } from './commands.ts';
import { openDataDir } from './open-stores.ts';

/** `leafward admin`: asks the server that runs on the data directory, or works on the store when none does. */
export async function runAdminCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const request = requestOf(flags, args.join(' '));
  const dataDir = flagText(flags, 'dataDir') ?? process.env['LEAFWARD_DATA_DIR'] ?? '/var/lib/leafward/server';
  const answer = (await askAdmin(dataDir, request)) ?? (await onStore(dataDir, request));
  print(request, answer, flags['json'] === true);
}

const actions = adminRequest.options.map((option) => option.shape.action.value);

function requestOf(flags: Flags, action: string): AdminRequest {
  const input = {
    action,
    email: flagText(flags, 'email'),
    groupName: flagText(flags, 'group'),
    password: passwordOf(flags),
    roles: flagText(flags, 'role')?.split(','),
  };
  const defined = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const parsed = adminRequest.safeParse(defined);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? 'action');
  if (field === 'action') {
    throw new AppError('USAGE', `leafward admin: there is no action "${action}"`, {
      hint: `Actions: ${actions.join(', ')}.`,
    });
  }
  const flag = { groupName: '--group', password: '--password-file', email: '--email', roles: '--role' }[field] ?? field;
  throw new AppError('USAGE', `leafward admin ${action}: ${flag}: ${issue?.message ?? 'not valid'}`);
}

async function onStore(dataDir: string, request: AdminRequest): Promise<AdminAnswer> {
  const database = await openDataDir(dataDir);
  try {
    const stores = createMetadataStores(database);
    const url = async () => (await stores.groups.serverValue('publicUrl')) ?? 'http://127.0.0.1:8080';
    return await runAdminAction({ stores, clock: systemClock, url }, request);
  } finally {
    await database.close();
  }
}

function print(request: AdminRequest, answer: AdminAnswer, json: boolean): void {
  if (json) console.log(JSON.stringify(answer));
  else if (request.action === 'init') {
    console.log(`group id   ${answer.groupId}\nagent key  ${answer.agentKey}\nAPI token  ${answer.apiToken}`);
    console.log('\nKey and token are shown this once.');
  } else if (request.action === 'setup-link') {
    console.log(`Open this link within an hour, it works once:\n\n  ${answer.link}`);
  } else if (request.action === 'user sign-in-link') {
    console.log(`Open this link within ten minutes, it works once:\n\n  ${answer.link}`);
  } else if (request.action === 'user list') printUsers(answer.users ?? []);
  else if (request.action !== 'user reset-password') console.log(doneWords[request.action]);
  else if (answer.password === undefined)
    console.log('The password is changed; all sessions of the account have ended.');
  else console.log(`The new password is: ${answer.password}\nAll sessions of the account have ended.`);
}

const doneWords = {
  'user reset-second-factor': 'The second factor is taken off: the password alone signs in until a new one is set up.',
  'user make-admin': 'The account administers this server now.',
  'user remove-admin': 'The account no longer administers this server.',
  'user enable': 'The account may sign in again.',
  'user disable': 'The account is disabled: its sessions have ended, and tokens that it made have stopped.',
  'user grant': 'The account has these roles in the group now.',
} as const;

function printUsers(users: NonNullable<AdminAnswer['users']>): void {
  for (const { email, administrator, disabled, secondFactor, groups } of users) {
    const notes = [
      ...(administrator ? ['administrator'] : []),
      ...(disabled ? ['disabled'] : []),
      secondFactor ? 'second factor' : 'no second factor',
      ...groups.map(({ name, roles }) => `${name}: ${roles.join(', ')}`),
    ];
    console.log(`${email}  ${notes.join('; ')}`);
  }
}

function passwordOf(flags: Flags): string | undefined {
  const path = flagText(flags, 'passwordFile');
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new AppError('USAGE', `--password-file: cannot read ${path}`, { cause });
  }
}

function flagText(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}
