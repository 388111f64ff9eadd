import type { Document } from 'mongodb';
import { hexOf, msOf, numberOf, textOf } from './bson-values.ts';
import type { HostClient } from './connect.ts';

/** What a process says about itself without a login. */
export interface Hello {
  readonly type: 'mongod' | 'mongos' | 'arbiter';
  readonly setName: string | undefined;
  readonly me: string | undefined;
  /** One per process run. */
  readonly processId: string | undefined;
  readonly isPrimary: boolean;
  readonly isSecondary: boolean;
  readonly hidden: boolean;
  readonly passive: boolean;
  readonly delaySeconds: number;
  readonly localMs: number | undefined;
  readonly maxWireVersion: number;
}

export async function sayHello(client: HostClient, deadlineMs: number, signal?: AbortSignal): Promise<Hello> {
  const reply = await client.command(
    'admin',
    { hello: 1 },
    { deadlineMs, ...(signal === undefined ? {} : { signal }) },
  );
  return readHello(reply);
}

export function readHello(reply: Document): Hello {
  const version: unknown = reply['topologyVersion'];
  const process =
    typeof version === 'object' && version !== null && 'processId' in version ? version.processId : undefined;
  return {
    type: reply['msg'] === 'isdbgrid' ? 'mongos' : reply['arbiterOnly'] === true ? 'arbiter' : 'mongod',
    setName: textOf(reply['setName']),
    me: textOf(reply['me']),
    processId: hexOf(process),
    isPrimary: reply['isWritablePrimary'] === true,
    isSecondary: reply['secondary'] === true,
    hidden: reply['hidden'] === true,
    passive: reply['passive'] === true,
    delaySeconds: numberOf(reply['secondaryDelaySecs'] ?? reply['slaveDelay']) ?? 0,
    localMs: msOf(reply['localTime']),
    maxWireVersion: numberOf(reply['maxWireVersion']) ?? 0,
  };
}
