import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/runtime/errors.ts';
import { type Guess, GuessLimits } from '../../../../src/server/access/guess-limits.ts';
import { RateSketch } from '../../../../src/server/access/rate-sketch.ts';
import { createKnownNetworkStore } from '../../../../src/storage/sqlite/known-networks.ts';
import { memoryDatabase } from '../../../support/server-fixture.ts';

const day = 86_400_000;
const login = 'ann@example.net';
const home = '192.0.2.1';

function started() {
  const clock = { ms: 1_800_000_000_000, now: () => clock.ms };
  return { clock, limits: new GuessLimits(createKnownNetworkStore(memoryDatabase()), clock) };
}

/** How long to wait, in ms; 0: the guess was let through, and is wrong. */
async function waitOf(guess: () => Guess | Promise<Guess>): Promise<number> {
  try {
    await guess();
    return 0;
  } catch (thrown) {
    assert.ok(thrown instanceof AppError && thrown.code === 'TOO_MANY_ATTEMPTS', String(thrown));
    return Number(thrown.details['retryAfterSeconds']) * 1000;
  }
}

/** Wrong guesses that get through in each of so many days, by somebody who makes each one as soon as it is let through. */
async function guessesADay(
  clock: { ms: number },
  days: number,
  guess: (n: number) => Guess | Promise<Guess>,
): Promise<number[]> {
  const found: number[] = [];
  let n = 0;
  for (let one = 0; one < days; one++) {
    const end = clock.ms + day;
    let through = 0;
    while (clock.ms < end) {
      const waitMs = await waitOf(() => guess(n++));
      if (waitMs === 0) through++;
      else clock.ms = Math.min(end, clock.ms + waitMs);
    }
    found.push(through);
  }
  return found;
}

test('guesses a day at one login: from one network, from any number of others, from one that is known', async () => {
  for (const [where, bounds, makeGuess] of [
    ['one network', [112, 97], (limits: GuessLimits) => limits.password(login, '198.51.100.7')],
    [
      'a new network for each guess',
      [194, 145],
      (limits: GuessLimits, n: number) => limits.password(login, `2001:db8:${(n % 65_536).toString(16)}::1`),
    ],
    ['the own network', [112, 97], (limits: GuessLimits) => limits.password(login, home)],
    [
      'a directory, from everywhere',
      [148, 145],
      (limits: GuessLimits, n: number) => limits.directory(login, `10.0.${n % 250}.1`),
    ],
    ['codes, from everywhere', [34, 25], (limits: GuessLimits, n: number) => limits.code('u_1', `10.0.${n % 250}.1`)],
  ] as const) {
    const { clock, limits } = started();
    await limits.remember(login, home);
    const [first = 0, second = 0] = await guessesADay(clock, 2, (n) => makeGuess(limits, n));
    assert.ok(first <= bounds[0] && first > bounds[0] - 10, `${where}: ${first} on the first day, bound ${bounds[0]}`);
    assert.ok(second <= bounds[1] && second > bounds[1] - 10, `${where}: ${second} on the second, bound ${bounds[1]}`);
  }
});

test('in half an hour a directory is asked fewer times for one entry than locks accounts there, by whatever name', async () => {
  const { clock, limits } = started();
  const entry = 'uid=ann,ou=people,dc=example,dc=net';
  let asked = 0;
  for (const end = clock.ms + 30 * 60_000; clock.ms < end; clock.ms += 1000) {
    const name = `${'ann'.replace('a', asked % 2 === 0 ? 'a' : 'ａ')}${asked}@example.net`;
    const ip = `2001:db8:${asked.toString(16)}::1`;
    asked +=
      (await waitOf(async () => {
        await limits.directory(name, ip);
        return limits.directory(name, ip, entry);
      })) === 0
        ? 1
        : 0;
  }
  assert.ok(asked > 0 && asked < 10, `${asked} passwords were tried`);
  for (const spelled of ['ANN@example.net', ' ann@example.net ', 'ａｎｎ@example.net']) {
    const { limits: fresh } = started();
    for (let i = 0; i < 3; i++) await fresh.directory(login, home);
    assert.ok((await waitOf(() => fresh.directory(spelled, home))) > 0, `${spelled} is counted as the same name`);
  }
});

test('a distributed guesser keeps nobody out who comes from where they signed in before; others wait', async () => {
  const { clock, limits } = started();
  await limits.remember(login, home);
  for (let n = 0; n < 60; n++) await waitOf(() => limits.password(login, `2001:db8:${n.toString(16)}::1`));
  assert.ok((await waitOf(() => limits.password(login, '203.0.113.5'))) > 0, 'from a new network');
  assert.equal(await waitOf(() => limits.password(login, home)), 0, 'from the own network');
  // Nor does a neighbour's guessing at others, behind the same address.
  for (let i = 0; i < 40; i++) await waitOf(() => limits.password(`other${i}@example.net`, home));
  assert.ok((await waitOf(() => limits.password('other99@example.net', home))) > 0);
  assert.equal(await waitOf(() => limits.password(login, home)), 0);
  clock.ms += 181 * day;
  for (let i = 0; i < 60; i++) await waitOf(() => limits.password(login, `198.51.100.${i}`));
  assert.ok((await waitOf(() => limits.password(login, home))) > 0, 'half a year later it is a network like others');
});

test('other names do not make a guesser free again', async () => {
  const { limits } = started();
  const through = async (n: number) => (await waitOf(() => limits.password(login, `10.1.${n >> 8}.${n & 255}`))) === 0;
  let guessed = 0;
  for (let n = 0; n < 60; n++) guessed += (await through(n)) ? 1 : 0;
  assert.equal(guessed, 50);
  for (let n = 0; n < 10_100; n++)
    await waitOf(() => limits.password(`x${n}@example.net`, `10.2.${n >> 8}.${n & 255}`));
  assert.equal(await through(1000), false, 'after a flood of other names');
});

test('a network that also signs in rightly guesses no more than others', async () => {
  const { limits } = started();
  const from = '203.0.113.9';
  for (let n = 0; n < 30; n++) {
    const wait = await waitOf(async () => {
      const own = await limits.password('eve@example.net', from);
      own.right();
      return limits.password(`victim${n}@example.net`, from);
    });
    assert.equal(wait > 0, n >= 20, `guess ${n} of a network that also signs in rightly`);
  }
});

test('a login keeps its eight newest networks; whoever is right begins anew', async () => {
  const { clock, limits } = started();
  for (let n = 0; n < 9; n++) {
    clock.ms += 1000;
    await limits.remember(login, `192.0.2.${n}`);
  }
  const known = async (ip: string) => (await limits.password(login, ip)).known;
  assert.deepEqual([await known('192.0.2.0'), await known('192.0.2.1'), await known('192.0.2.8')], [false, true, true]);
  for (let i = 0; i < 4; i++) await limits.password(login, '192.0.2.2');
  (await limits.password(login, '192.0.2.2')).right();
  for (let i = 0; i < 5; i++) assert.equal(await waitOf(() => limits.password(login, '192.0.2.2')), 0);
  assert.equal(await waitOf(() => limits.password(login, '192.0.2.2')), 1000);
});

test('guesses at the codes of an account do not use up those at its recovery codes', () => {
  const { limits } = started();
  for (let n = 0; n < 10; n++) limits.code('u_1', `198.51.100.${n}`);
  assert.throws(() => limits.code('u_1', home), /too many failed attempts: wait 3600 s/);
  limits.recoveryCode('u_1', home).right();
});

test('a rate: keys that share no slots are apart, and what is taken back was never there', () => {
  const clock = { now: () => 1_000_000 };
  const sketch = new RateSketch(clock, { burst: 3, everyMs: 1000, slots: 4096 });
  const blocked = (key: string) => sketch.blockedUntilMs(key) > clock.now();
  for (let i = 0; i < 3; i++) {
    assert.equal(blocked('a'), false);
    sketch.count('a');
  }
  assert.deepEqual([blocked('a'), blocked('b')], [true, false]);
  sketch.takeBack('a');
  assert.equal(blocked('a'), false);
});
