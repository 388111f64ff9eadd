import { lookup } from 'node:dns/promises';
import { AppError } from '../runtime/errors.ts';
import { describeNetworkError } from '../runtime/network-error.ts';
import type { SettingsAnswer } from '../wire/agent-messages.ts';
import type { DoctorSteps } from './doctor-steps.ts';
import type { ServerLink } from './server-link.ts';

interface ServerFacts {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly proxy: string | undefined;
}

/** Walks the way to the server: name or proxy, TLS and an answer, the key. Gives back what the server says of the targets. */
export async function examineServer(
  facts: ServerFacts,
  link: ServerLink,
  steps: DoctorSteps,
): Promise<SettingsAnswer | undefined> {
  const { serverUrl, groupId, proxy } = facts;
  const { hostname } = new URL(serverUrl);
  let answer: SettingsAnswer | undefined;
  let refused: AppError | undefined;
  await steps.run('serverName', `Server name ${hostname} resolves`, async () => {
    if (proxy !== undefined) return { state: 'skipped', message: `The proxy ${withoutLogin(proxy)} resolves it.` };
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
      answer = await link.settings(-1, 0);
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
    return { message: `It belongs to the group ${groupId}; ${answer?.targets.length ?? 0} hosts are watched.` };
  });
  return answer;
}

function withoutLogin(proxy: string): string {
  const url = URL.parse(proxy);
  return url === null ? 'that is set' : `${url.protocol}//${url.host}`;
}
