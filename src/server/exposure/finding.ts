import type { ExposureFinding, HostExposure } from '../../wire/api/exposure.ts';
import type { Look } from './look.ts';
import type { Probed } from './probe.ts';
import { answers, nextLook } from './schedule.ts';

/** What is kept of a host. */
export interface ExposureRecord extends HostExposure {
  /** `name:port` that was looked at: when the host gets another one, this is of no use. */
  readonly target: string;
  /** Looks in a row without an answer since it was found open. */
  readonly silentLooks: number;
  /** Why the last look could not tell whether it still is as `finding` says; null: it could. */
  readonly doubt: string | null;
}

/** As the API shows it. */
export function shownExposure({ silentLooks: _, target: __, doubt, ...shown }: ExposureRecord): HostExposure {
  return doubt === null
    ? shown
    : { ...shown, detail: `${shown.detail} The last look could not tell whether it still is so: ${doubt}` };
}

/** A port that was open and is silent now may be closed, or the way there is cut: one look does not tell. */
export const silentLooksAtMost = 3;

const severities: Readonly<Record<ExposureFinding, HostExposure['severity']>> = {
  private: 'ok',
  closed: 'ok',
  otherService: 'info',
  mongodb: 'warn',
  open: 'bad',
};

export function severityOf(finding: ExposureFinding | null): HostExposure['severity'] {
  return finding === null ? 'unknown' : severities[finding];
}

interface Seen {
  readonly groupId: string;
  readonly hostId: string;
  readonly target: string;
  /** The machine that looks. */
  readonly seenFrom: string;
  readonly nowMs: number;
}

/** What is known of a host after a probe, from what was known before it. Pure. */
export function afterProbe(
  probed: Exclude<Probed, { kind: 'postponed' }>,
  before: ExposureRecord | undefined,
  { groupId, hostId, target, seenFrom, nowMs }: Seen,
): ExposureRecord {
  const found = findingOf(probed);
  const look = probed.kind === 'looked' ? probed.look : undefined;
  if (before !== undefined && answers(before.finding)) {
    const silentLooks = look?.kind === 'silent' ? before.silentLooks + 1 : 0;
    // What was open stays so until it is known to be closed: an alert must not end because the server's own way out is cut.
    if (found === null || (silentLooks > 0 && silentLooks < silentLooksAtMost)) {
      const nextAtMs = nextLook(groupId, before.finding, nowMs);
      return { ...before, atMs: nowMs, nextAtMs, silentLooks, doubt: detailOf(probed) };
    }
  }
  return {
    hostId,
    target,
    finding: found,
    severity: severityOf(found),
    detail: detailOf(probed),
    address: probed.kind === 'looked' ? probed.address : null,
    tls: look !== undefined && 'tls' in look && look.tls,
    databases: look?.kind === 'open' ? look.databases : null,
    seenFrom: { host: seenFrom, address: look !== undefined && 'from' in look ? look.from : null },
    atMs: nowMs,
    sinceMs: before?.finding === found ? before.sinceMs : nowMs,
    nextAtMs: nextLook(groupId, found, nowMs),
    silentLooks: 0,
    doubt: null,
  };
}

export function findingOf(probed: Probed): ExposureFinding | null {
  if (probed.kind === 'private') return 'private';
  if (probed.kind !== 'looked') return null;
  const { kind } = probed.look;
  if (kind === 'noRoute') return null;
  return kind === 'refused' || kind === 'silent' ? 'closed' : kind;
}

/** What was seen, and the next step when there is one. */
export function detailOf(probed: Probed): string {
  switch (probed.kind) {
    case 'postponed':
      return 'It was looked at a moment ago.';
    case 'unresolved':
      return `The name ${probed.name} leads nowhere: ${probed.reason}.`;
    case 'private':
      return `It has no address of the public internet: ${probed.addresses.slice(0, 4).join(', ')}. Nothing was dialled.`;
    case 'looked':
      return lookWords(probed.look, probed.address);
    default: {
      const never: never = probed;
      return never;
    }
  }
}

function lookWords(look: Look, address: string): string {
  switch (look.kind) {
    case 'noRoute':
      return `This machine has no way to addresses like ${address}.`;
    case 'silent':
      return `${address} does not answer.`;
    case 'refused':
      return `${address} refuses connections.`;
    case 'otherService':
      return look.tls
        ? `${address} is open and speaks TLS, and not MongoDB with a stranger (it may ask for a certificate). Close the port to all but those who need it.`
        : `${address} is open; what answers is not MongoDB. Close the port to all but those who need it.`;
    case 'mongodb':
      return look.needsLogin
        ? `MongoDB answers at ${address}; only logins guard its data. Close the port to all but those who need it.`
        : `MongoDB answers at ${address} and did not list its databases. Close the port to all but those who need it.`;
    case 'open': {
      const listed =
        look.databases === null
          ? 'its databases'
          : `${look.databases} ${look.databases === 1 ? 'database' : 'databases'}`;
      return `MongoDB at ${address} lists ${listed} to anybody without a login. Close the port now, switch access control on, and take what was in it as read.`;
    }
    default: {
      const never: never = look;
      return never;
    }
  }
}
