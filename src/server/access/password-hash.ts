import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../runtime/errors.ts';

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane: 30 ms or so, and 19 MiB for each attempt under way. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;

/** PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, so that the cost can grow later. */
export async function hashPassword(password: string, first = false): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive({ message: password.normalize('NFKC'), nonce, ...cost }, first);
  const parameters = `m=${cost.memory},t=${cost.passes},p=${cost.parallelism}`;
  return `$argon2id$v=19$${parameters}$${base64(nonce)}$${base64(tag)}`;
}

/**
 * True when the password is the one that was hashed. An unreadable hash is never right. `first`: before those of strangers, for
 * somebody from a network where they were right before.
 */
export async function verifyPassword(password: string, stored: string, first = false): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(stored);
  if (match === null) return false;
  const wanted = Buffer.from(match[5] ?? '', 'base64');
  const tag = await derive(
    {
      message: password.normalize('NFKC'),
      nonce: Buffer.from(match[4] ?? '', 'base64'),
      memory: Number(match[1]),
      passes: Number(match[2]),
      parallelism: Number(match[3]),
      tagLength: wanted.length,
    },
    first,
  );
  return timingSafeEqual(tag, wanted);
}

/** As costly as a real comparison: an unknown e-mail address takes as long as a wrong password. */
export async function wasteVerification(password: string, first = false): Promise<void> {
  await hashPassword(password, first);
}

/** Half of Node's threads: files, and what agents send, go through the others. */
const atOnce = 2;
/** About a second and a half of waiting. Who comes then is told to come again: guesses are cheap to make and costly to check. */
const waitingAtMost = 100;
const waiting: (() => void)[] = [];
/** Who is known goes before strangers, and does not find the place taken by a flood of them. */
const waitingFirst: (() => void)[] = [];
let running = 0;

/** @throws TOO_MANY_ATTEMPTS when many wait already */
async function derive(parameters: Argon2Parameters, first: boolean): Promise<Buffer> {
  if (running < atOnce) running++;
  else await turn(first ? waitingFirst : waiting);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
    return await promise;
  } finally {
    const next = waitingFirst.shift() ?? waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** Resolves when the place of another is handed over. */
function turn(queue: (() => void)[]): Promise<void> {
  if (queue.length >= waitingAtMost) {
    throw new AppError('TOO_MANY_ATTEMPTS', 'many passwords are being checked now', {
      retryable: true,
      details: { retryAfterSeconds: 2 },
    });
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  queue.push(resolve);
  return promise;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
