import { BSON, type MongoClient, type MongoClientOptions } from 'mongodb';

/** Of a client that `readErrors` is called for. */
export const readableErrors = { monitorCommands: true } as const satisfies MongoClientOptions;

/**
 * For clients that run commands with `raw`: the driver then leaves the fields of an error raw as well, keeps the topologyVersion of one
 * ("not primary", "shutting down") as bytes, and at the next answer throws a TypeError over it, in its monitor too, where nobody can
 * catch it. So what it keeps is decoded before it looks.
 */
export function readErrors(client: MongoClient): void {
  client.on('commandFailed', ({ failure }) => {
    if (!('topologyVersion' in failure) || !(failure.topologyVersion instanceof Uint8Array)) return;
    failure.topologyVersion = BSON.deserialize(failure.topologyVersion);
  });
}
