import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { Mongod } from '../mongod.ts';
import type { FaultRig } from './fault-rig.ts';
import { rollBack } from './roll-back.ts';

/** Breaks something and mends it; what is to be done after that is the product's own affair. */
export interface Fault {
  readonly name: string;
  /** How often among the others; default 1. */
  readonly weight?: number;
  /** Members that the set must have. */
  readonly members?: number;
  /**
   * Version from which the source outlives it: 4.4 cannot start again when it must apply an update of a document in a capped collection once
   * more (CannotGrowDocumentInCappedNamespace in its own recovery).
   */
  readonly since?: number;
  /** Needs disks of their own. */
  readonly disks?: boolean;
  run(rig: FaultRig): Promise<void>;
}

/** A set moves to another agent within 30 s of a kill -9. */
const moveDeadlineMs = 30_000;

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 of the backup agent',
    weight: 3,
    async run(rig) {
      await rig.agent.crash();
      await delay(rig.someMs(0, 3000));
      rig.restartAgent();
      await delay(rig.someMs(0, 2000));
    },
  },
  {
    name: 'kill -9 of the server',
    weight: 3,
    async run(rig) {
      await rig.backedUp.product.server.crash();
      await delay(rig.someMs(0, 3000));
      await rig.backedUp.product.crashServer();
    },
  },
  {
    name: 'kill -9 of server and agent at once',
    async run(rig) {
      await Promise.all([rig.backedUp.product.server.crash(), rig.agent.crash()]);
      rig.restartAgent();
      await delay(rig.someMs(0, 2000));
      await rig.backedUp.product.crashServer();
    },
  },
  {
    name: 'kill -9 of the server while it makes a snapshot',
    async run(rig) {
      const made = rig.backedUp.leafward(['backup', 'snapshot', rig.set.name]).catch(() => undefined);
      await delay(rig.someMs(400, 1500));
      await rig.backedUp.product.crashServer();
      await made;
    },
  },
  {
    name: 'kill -9 of the monitoring agent',
    async run(rig) {
      await rig.monitoring.crash();
      await delay(rig.someMs(0, 1000));
      rig.restartMonitoring();
    },
  },
  {
    name: 'kill -9 of the primary',
    since: 5,
    weight: 2,
    async run(rig) {
      const primary = await rig.set.primary();
      await primary.crash();
      await delay(rig.someMs(0, 4000));
      await primary.restart();
    },
  },
  {
    name: 'kill -9 of any member',
    since: 5,
    async run(rig) {
      const member = rig.random.pick(rig.set.members);
      await member.crash();
      await delay(rig.someMs(0, 2000));
      await member.restart();
    },
  },
  {
    name: 'election',
    members: 3,
    weight: 2,
    async run(rig) {
      await using client = await rig.set.connectTo(await rig.set.primary());
      // The primary may close the connection before it answers.
      await client
        .db('admin')
        .command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4 })
        .catch(() => undefined);
      await rig.set.primary();
    },
  },
  {
    name: 'a member hangs',
    async run(rig) {
      await hang(rig, rig.random.pick(rig.set.members), rig.someMs(1000, 7000));
    },
  },
  { name: 'rollback', members: 3, weight: 2, run: rollBack },
  ...(['cut', 'truncate'] as const).map(
    (kind): Fault => ({
      name: `connections to the server: ${kind}`,
      async run(rig) {
        for (let turn = 0; turn < 4; turn++) {
          rig.proxy.go({ kind, afterBytes: rig.someMs(1, 20_000) });
          await delay(rig.someMs(300, 1200));
        }
        rig.proxy.go({ kind: 'through' });
      },
    }),
  ),
  {
    name: 'a slow way to the server',
    async run(rig) {
      rig.proxy.go({ kind: 'delay', ms: rig.someMs(50, 600) });
      await delay(rig.someMs(2000, 5000));
      rig.proxy.go({ kind: 'through' });
    },
  },
  {
    name: 'the way to the server hangs',
    async run(rig) {
      rig.proxy.go({ kind: 'hang' });
      await delay(rig.someMs(1000, 6000));
      rig.proxy.go({ kind: 'through' });
    },
  },
  {
    name: 'the server hangs',
    async run(rig) {
      const { server } = rig.backedUp.product;
      server.signal('SIGSTOP');
      await delay(rig.someMs(500, 5000));
      server.signal('SIGCONT');
    },
  },
  {
    name: "the server's disk is full",
    disks: true,
    weight: 2,
    async run(rig) {
      rig.disks?.server.fill();
      await delay(rig.someMs(1000, 5000));
      if (rig.random.chance(0.3)) await rig.backedUp.product.server.crash();
      rig.disks?.server.free();
      if (await hasEnded(rig)) await rig.backedUp.product.crashServer();
    },
  },
  {
    name: "the agent's disk is full",
    disks: true,
    async run(rig) {
      rig.disks?.agent.fill();
      await delay(rig.someMs(1000, 5000));
      if (rig.random.chance(0.3)) {
        await rig.agent.crash();
        rig.restartAgent();
        // It begins, or ends at once for want of room.
        await rig.agent.line(/ runs/).catch(() => undefined);
      }
      rig.disks?.agent.free();
      // On a full disk it does not begin: who supervises it starts it again.
      await rig.agent.line(/ runs/).catch(() => rig.restartAgent());
    },
  },
  {
    name: 'another agent takes over from a killed one',
    run: takeOver,
  },
  {
    name: 'an agent that hung comes back after its set has moved',
    run: comeBackLate,
  },
  {
    name: 'kill -9 of the server under a restore',
    async run(rig) {
      const [moment] = rig.moments;
      if (moment === undefined) return;
      // It goes on with the new server, or says that it cannot: what it says is whole is whole.
      const restored = rig.assertRestores(moment).catch((thrown: unknown) => thrown);
      await delay(rig.someMs(1500, 4000));
      await rig.backedUp.product.crashServer();
      const thrown = await restored;
      if (thrown instanceof Error && !thrown.message.includes('ended with')) throw thrown;
    },
  },
];

async function hang(_rig: FaultRig, member: Mongod, ms: number): Promise<void> {
  member.freeze();
  try {
    await delay(ms);
  } finally {
    member.thaw();
  }
}

async function hasEnded(rig: FaultRig): Promise<boolean> {
  return rig.backedUp.product.server.ended(1).then(
    () => true,
    () => false,
  );
}

/** An agent hangs until another one has its set, and then goes on as if nothing had been: what it sends is refused. */
async function comeBackLate(rig: FaultRig): Promise<void> {
  const holder = async (): Promise<string | null> => (await rig.backedUp.view()).agentId;
  const before = await eventually(async () => (await holder()) ?? undefined, { timeoutMs: 240_000, what: 'a holder' });
  const first = rig.agent;
  rig.restartAgent(rig.agentName === 'backup' ? 'backup-two' : 'backup');
  await rig.agent.line(/ runs/);
  first.signal('SIGSTOP');
  try {
    await eventually(
      async () => {
        const now = await holder();
        return now !== null && now !== before;
      },
      { timeoutMs: 2 * moveDeadlineMs, what: 'another agent that has the set' },
    );
  } finally {
    first.signal('SIGCONT');
  }
  await delay(rig.someMs(1000, 4000));
  await first.crash();
}

/** Two agents stand ready; the one that has the set dies, and the set moves to the other in time. */
async function takeOver(rig: FaultRig): Promise<void> {
  const holder = async (): Promise<string | null> => (await rig.backedUp.view()).agentId;
  const before = await eventually(async () => (await holder()) ?? undefined, { timeoutMs: 240_000, what: 'a holder' });
  const other = rig.agentName === 'backup' ? 'backup-two' : 'backup';
  const first = rig.agent;
  rig.restartAgent(other);
  await rig.agent.line(/ runs/);
  await first.crash();
  const began = performance.now();
  await eventually(
    async () => {
      const now = await holder();
      return now !== null && now !== before;
    },
    { timeoutMs: 2 * moveDeadlineMs, what: 'another agent that has the set' },
  );
  const tookMs = performance.now() - began;
  if (tookMs > moveDeadlineMs) throw new Error(`the set moved after ${Math.round(tookMs)} ms`);
}
