import type { HostReport } from '../wire/agent-messages.ts';

/** Why single commands are used for a host that answers, and what to do about it; undefined when nothing is wrong with that. */
export function limitation(
  host: string,
  { isRefused, stale }: { readonly isRefused: boolean; readonly stale: boolean },
): HostReport['problem'] {
  if (isRefused) {
    return {
      code: 'MONGODB_PRIVILEGE_MISSING',
      message: `${host} does not give getDiagnosticData: figures of the machine (CPU, disks) are missing`,
      hint: 'Grant the role clusterMonitor on admin; "leafward doctor" prints the command.',
    };
  }
  if (!stale) return undefined;
  return {
    code: 'MONGODB_DIAGNOSTICS_OLD',
    message: `getDiagnosticData of ${host} is no longer renewed, single commands are used: figures of the machine (CPU, disks) are missing`,
    hint: 'In mongosh: db.adminCommand({ setParameter: 1, diagnosticDataCollectionEnabled: true }). If it is true, see whether that mongod hangs on its disk.',
  };
}
