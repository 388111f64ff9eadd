import type { AuditActor, AuditEvent, AuditValue } from '../../../wire/api/audit.ts';

const kinds: Readonly<Record<AuditActor['kind'], string>> = {
  user: 'person',
  token: 'API token',
  agent: 'agent',
  link: 'by a link',
  'admin-cli': 'leafward admin',
  system: 'the server',
};

/** What kind of actor it is: `API token`. */
export function actorKind({ kind }: AuditActor): string {
  return kinds[kind];
}

/** `roles: owner, readOnly; before: readOnly`. */
export function detailText(detail: AuditEvent['detail']): string {
  return Object.entries(detail)
    .map(([name, value]) => `${wordsOf(name)}: ${valueText(value)}`)
    .join('; ');
}

export function valueText(value: AuditValue): string {
  if (Array.isArray(value)) return value.join(', ');
  return value === null ? 'none' : String(value);
}

/** `expiresAtMs` as `expires at ms`: the names of fields as they are, only readable. */
export function wordsOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}
