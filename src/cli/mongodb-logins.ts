import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Login, Logins, type PasswordSource } from '../deployment/logins.ts';
import { parseHostAddress } from '../model/host-address.ts';
import { AppError } from '../runtime/errors.ts';
import { commandWords } from '../runtime/run-command.ts';
import { parseSettingsFile } from '../runtime/settings-file.ts';
import { mongodbCredentials } from '../wire/agent-messages.ts';

/** How one login is written, in the settings of an agent or in a section of mongodbLoginsFile. */
interface WrittenLogin {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly passwordCommand?: string | undefined;
  readonly authMechanism?: string | undefined;
  readonly authSource?: string | undefined;
}

interface LoginSettings {
  readonly mongodbUsername: string | undefined;
  readonly mongodbPassword: string | undefined;
  readonly mongodbPasswordCommand: string | undefined;
  readonly mongodbAuthMechanism: string | undefined;
  readonly mongodbAuthSource: string | undefined;
  readonly mongodbLoginsFile: string | undefined;
}

const mechanisms = mongodbCredentials.shape.authMechanism.unwrap();
const names = ['username', 'password', 'passwordFile', 'passwordCommand', 'authMechanism', 'authSource'] as const;

/**
 * The logins of an agent's settings. `passwordFile`: where mongodbPassword was read from, to read it there again.
 * @throws SETTINGS_INVALID naming setting, file and line
 */
export function readLogins(settings: LoginSettings, passwordFile: string | undefined): Logins | undefined {
  const others = loginOf(
    {
      username: settings.mongodbUsername,
      ...(passwordFile === undefined ? { password: settings.mongodbPassword } : { passwordFile }),
      passwordCommand: settings.mongodbPasswordCommand,
      authMechanism: settings.mongodbAuthMechanism,
      authSource: settings.mongodbAuthSource,
    },
    (name) => `mongodb${name.replace(/^./, (first) => first.toUpperCase())}`,
  );
  const file = settings.mongodbLoginsFile;
  const of = file === undefined ? new Map<string, Login>() : readLoginsFile(file);
  return others === undefined && of.size === 0 ? undefined : new Logins({ of, others });
}

/** Sections `[host:port]` or `[name of the replica set]`, each with lines as in the settings file. */
export function readLoginsFile(path: string): ReadonlyMap<string, Login> {
  const logins = new Map<string, Login>();
  for (const { place, line, body } of sectionsOf(readText(path), path)) {
    const written: Record<string, string> = {};
    for (const entry of parseSettingsFile(body, path)) {
      const name = names.find((known) => known === entry.name);
      if (name === undefined)
        throw invalid(`${path} line ${entry.line}: there is no ${entry.name}; known: ${names.join(', ')}`);
      if (written[name] !== undefined) throw invalid(`${path} line ${entry.line}: ${name} is set twice`);
      written[name] = name === 'passwordFile' ? resolve(dirname(path), entry.value) : entry.value;
    }
    const login = loginOf(written, (name) => `${path} line ${line}, [${place}]: ${name}`);
    if (login === undefined) throw invalid(`${path} line ${line}: [${place}] names no login`);
    const key = place.includes(':') ? parseHostAddress(place) : place;
    if (logins.has(key)) throw invalid(`${path} line ${line}: [${place}] stands here twice`);
    logins.set(key, login);
  }
  return logins;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(`mongodbLoginsFile: cannot read ${path}`, cause);
  }
}

interface Section {
  readonly place: string;
  readonly line: number;
  /** Blank lines before it, so that line numbers are those of the file. */
  readonly body: string;
}

function sectionsOf(text: string, path: string): Section[] {
  const sections: { place: string; line: number; body: string }[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, place] = /^\s*\[\s*([^\]]+?|\[[^\]]+\]:\d+)\s*\]\s*(?:#.*)?$/.exec(line) ?? [];
    const current = sections.at(-1);
    if (place !== undefined) sections.push({ place, line: index + 1, body: '\n'.repeat(index + 1) });
    else if (current !== undefined) current.body += `${line}\n`;
    else if (!/^\s*(#.*)?$/.test(line))
      throw invalid(`${path} line ${index + 1}: expected [host:port] or [replica set]`);
  }
  return sections;
}

/** Undefined where nothing is written. */
function loginOf(written: WrittenLogin, called: (name: string) => string): Login | undefined {
  const { username, authSource } = written;
  const password = passwordOf(written, called);
  const kind = mechanismOf(written, called);
  if (username === undefined && password === undefined && kind === undefined) return undefined;
  checkComplete({ username, password, kind }, called);
  return {
    username: username ?? '',
    password,
    authSource: authSource ?? (kind === undefined || kind.startsWith('SCRAM') ? 'admin' : '$external'),
    ...(kind === undefined ? {} : { authMechanism: kind }),
  };
}

function mechanismOf({ authMechanism }: WrittenLogin, called: (name: string) => string): Login['authMechanism'] {
  const found = mechanisms.optional().safeParse(authMechanism);
  if (found.success) return found.data;
  throw invalid(`${called('authMechanism')}: allowed are ${mechanisms.options.join(', ')}`);
}

interface Parts {
  readonly username: string | undefined;
  readonly password: PasswordSource | undefined;
  readonly kind: Login['authMechanism'];
}

function checkComplete({ username, password, kind }: Parts, called: (name: string) => string): void {
  const needsUser = kind !== 'MONGODB-X509' && kind !== 'MONGODB-AWS';
  const needsPassword = needsUser && kind !== 'GSSAPI';
  if (needsUser && username === undefined) throw invalid(`${called('username')} is not set, but its password is`);
  if (needsPassword && password === undefined) {
    throw invalid(`${called('username')} is set, but neither ${called('password')} nor ${called('passwordFile')} is`);
  }
  if (!needsUser && password !== undefined)
    throw invalid(`${called('authMechanism')} = ${kind}: a password has no meaning with it`);
}

function passwordOf(written: WrittenLogin, called: (name: string) => string): PasswordSource | undefined {
  const { password, passwordFile, passwordCommand } = written;
  const given = [password, passwordFile, passwordCommand].filter((one) => one !== undefined);
  if (given.length > 1)
    throw invalid(`${called('password')}, its File and ${called('passwordCommand')} exclude each other`);
  if (password !== undefined) return { kind: 'text', password };
  if (passwordFile !== undefined) return { kind: 'file', path: passwordFile };
  if (passwordCommand === undefined) return undefined;
  return { kind: 'command', command: commandWords(called('passwordCommand'), passwordCommand) };
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('SETTINGS_INVALID', message, { cause });
}
