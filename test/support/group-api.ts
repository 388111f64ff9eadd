import { Agent, type Dispatcher, fetch, type Response } from 'undici';

export interface GroupAccess {
  /** Of the server, without a path. */
  readonly url: string;
  readonly groupId: string;
  readonly apiToken: string;
  /** Whom TLS trusts, in place of the machine's own. */
  readonly ca?: string | Buffer | undefined;
}

export interface GroupApi extends AsyncDisposable {
  /** The answer as it comes, whatever its status. */
  ask(method: string, path: string, body?: unknown): Promise<Response>;
  /** JSON of an answer; throws with the body when it is no success. */
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** The API of one group, as a script with a token uses it. Paths begin behind the group: `/hosts`. */
export function groupApi({ url, groupId, apiToken, ca }: GroupAccess): GroupApi {
  const dispatcher: Dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } });
  const ask: GroupApi['ask'] = (method, path, body) =>
    fetch(`${url}/api/v1/groups/${groupId}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
      dispatcher,
    });
  return {
    ask,
    async api<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await ask(method, path, body);
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
