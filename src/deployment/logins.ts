import { readFile } from 'node:fs/promises';
import { AppError } from '../runtime/errors.ts';
import { printedBy } from '../runtime/run-command.ts';
import type { MongodbCredentials } from '../wire/agent-messages.ts';

export type PasswordSource =
  | { readonly kind: 'text'; readonly password: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

/** A login as the settings have it: the password may still be elsewhere. */
export interface Login extends Omit<MongodbCredentials, 'password'> {
  /** None: the mechanism needs none. */
  readonly password: PasswordSource | undefined;
}

export interface LoginRules {
  /** By `host:port`, or by the name of a replica set. */
  readonly of: ReadonlyMap<string, Login>;
  /** For all others. */
  readonly others: Login | undefined;
}

const limits = { timeoutMs: 10_000, maxBytes: 4000 };
const commandAgainMs = 300_000;
/** After a refusal the command is asked again, but not with every try. */
const refusedAgainMs = 10_000;

interface Printed {
  readonly password: Promise<string>;
  readonly atMs: number;
}

/**
 * The logins of an agent's own settings. A password in a file is read at every asking, one of a command is kept for five minutes
 * or until a host refuses it: so passwords change without a restart.
 */
export class Logins {
  readonly #rules: LoginRules;
  readonly #printed = new Map<Login, Printed>();
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  constructor(rules: LoginRules) {
    this.#rules = rules;
  }

  /** A login that never changes. */
  static fixed({ password, ...rest }: MongodbCredentials): Logins {
    return new Logins({ of: new Map(), others: { ...rest, password: { kind: 'text', password } } });
  }

  /** For a host, and the replica set that it says it is of. @throws SETTINGS_INVALID when the password cannot be had */
  async for(host: string, setName: string | undefined): Promise<MongodbCredentials | undefined> {
    const { of, others } = this.#rules;
    const login = of.get(host) ?? (setName === undefined ? undefined : of.get(setName)) ?? others;
    if (login === undefined) return undefined;
    return { ...login, password: login.password === undefined ? '' : await this.#password(login, login.password) };
  }

  /** A host refused a login: what a command printed may be the password of yesterday. */
  refused(): void {
    this.#refusedAtMs = performance.now();
  }

  async #password(login: Login, source: PasswordSource): Promise<string> {
    if (source.kind === 'text') return source.password;
    if (source.kind === 'file') return readPassword(source.path);
    const known = this.#printed.get(login);
    const now = performance.now();
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : now - known.atMs;
    const isDoubted = known !== undefined && this.#refusedAtMs > known.atMs && ageMs > refusedAgainMs;
    if (known !== undefined && ageMs < commandAgainMs && !isDoubted) return known.password;
    const password = printedBy('mongodbPasswordCommand', source.command, limits);
    const printed = { password, atMs: now };
    this.#printed.set(login, printed);
    // A failure is not kept.
    password.catch(() => {
      if (this.#printed.get(login) === printed) this.#printed.delete(login);
    });
    return password;
  }
}

async function readPassword(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot read the password file ${path}`, {
      cause,
      retryable: true,
      hint: 'Check the path and that the user of the agent may read it.',
    });
  }
  const password = text.trim();
  if (password !== '') return password;
  throw new AppError('SETTINGS_INVALID', `the password file ${path} is empty`, { retryable: true });
}
