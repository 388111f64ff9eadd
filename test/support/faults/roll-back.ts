import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { FaultRig } from './fault-rig.ts';

let made = 0;

/**
 * Writes on a primary that has lost both others, kills it, lets the others elect and write, and starts it again: it must roll back what
 * it had alone. Nothing of that may be in any backup; `lost.writes` holds no document at any moment that is compared.
 */
export async function rollBack(rig: FaultRig): Promise<void> {
  const { set } = rig;
  const primary = await set.primary();
  const others = set.members.filter((member) => member !== primary);
  {
    await using client = await set.connectTo(primary);
    const lost = client.db('lost').collection('writes');
    await lost.insertOne({ before: true }, { writeConcern: { w: 'majority', wtimeout: 120_000 } });
    await lost.deleteMany({}, { writeConcern: { w: 'majority', wtimeout: 120_000 } });
    await Promise.all(others.map((member) => member.crash()));
    for (let turn = 0; turn < 20; turn++) {
      // After the election timeout it is no primary any more: then enough was written.
      const written = await lost.insertOne({ turn, round: made }, { writeConcern: { w: 1 } }).catch(() => undefined);
      if (written === undefined) break;
    }
    await delay(rig.someMs(0, 2500));
  }
  made++;
  await primary.crash();
  await Promise.all(others.map((member) => member.restart()));
  await eventually(
    async () => {
      // It may be another one a moment later.
      await using client = await set.connectTo(await set.primary());
      const beside = client.db('shop').collection('beside');
      return (await beside.insertOne({ elected: made }, { writeConcern: { w: 1 } })).acknowledged;
    },
    { timeoutMs: 180_000, what: 'a write on the next primary' },
  );
  await primary.restart();
  await set.healthy();
  await using client = await set.connectTo(primary);
  await eventually(
    async () =>
      (await client
        .db('lost')
        .collection('writes')
        .countDocuments({ round: made - 1 })) === 0,
    { timeoutMs: 240_000, what: 'a member that has rolled back' },
  );
}
