import { lookup } from 'node:dns/promises';
import { AppError } from '../runtime/errors.ts';
import { describeNetworkError } from '../runtime/network-error.ts';
import type { DoctorSteps } from './doctor-steps.ts';

interface ServerFacts {
  readonly serverUrl: string;
  readonly groupId: string;
  /** Without its login. */
  readonly proxy: string | undefined;
}

interface ServerQuestion<T> {
  /** Asks the server what the agent has to do. */
  readonly ask: () => Promise<T>;
  /** What that is: "3 hosts are watched". */
  readonly words: (answer: T) => string;
}

/** Walks the way to the server: name or proxy, TLS and an answer, the key. Gives back what the server says that is to be done. */
export async function examineServer<T>(
  facts: ServerFacts,
  { ask, words }: ServerQuestion<T>,
  steps: DoctorSteps,
): Promise<T | undefined> {
  const { serverUrl, groupId, proxy } = facts;
  const { hostname } = new URL(serverUrl);
  let answer: T | undefined;
  let refused: AppError | undefined;
  await steps.run('serverName', `Server name ${hostname} resolves`, async () => {
    if (proxy !== undefined) return { state: 'skipped', message: `The proxy ${proxy} resolves it.` };
    try {
      const { address } = await lookup(hostname.replace(/^\[|\]$/g, ''));
      return { message: `It is ${address}.` };
    } catch (thrown) {
      const message = `${hostname}: ${describeNetworkError(thrown).text}`;
      return { state: 'failed', message, hint: 'Correct serverUrl, or name a proxy as httpProxy.' };
    }
  });
  await steps.run('server', 'Server answers', async () => {
    try {
      answer = await ask();
    } catch (thrown) {
      // The key is the next step's matter: the server did answer.
      const isAnswer = thrown instanceof AppError && (thrown.code === 'KEY_REFUSED' || thrown.code === 'FORBIDDEN');
      if (!isAnswer) throw thrown;
      refused = thrown;
    }
    const secure = serverUrl.startsWith('https:') ? ' and its certificate is trusted' : '';
    return { message: `${serverUrl} is a Leafward server${secure}.` };
  });
  await steps.run('key', 'Agent key is accepted', async () => {
    if (refused !== undefined) throw refused;
    const what = answer === undefined ? '' : `; ${words(answer)}`;
    return { message: `It belongs to the group ${groupId}${what}.` };
  });
  return answer;
}
