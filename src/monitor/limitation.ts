import type { HostReport } from '../wire/agent-messages.ts';

/**
 * Why getDiagnosticData gives nothing of use: this user may not ask, the host does not know it, its figures are no longer
 * renewed, or it never had any.
 */
export type DiagnosticLack = 'refused' | 'unknown' | 'old' | 'none';

const missing = 'single commands are used: figures of the machine (CPU, disks) are missing';
const turnOn = 'In mongosh: db.adminCommand({ setParameter: 1, diagnosticDataCollectionEnabled: true }).';

/** Why single commands are used for a host that answers, and what to do about it. */
export function limitation(host: string, lack: DiagnosticLack): NonNullable<HostReport['problem']> {
  switch (lack) {
    case 'refused':
      return {
        code: 'MONGODB_PRIVILEGE_MISSING',
        message: `${host} does not give getDiagnosticData: figures of the machine (CPU, disks) are missing`,
        hint: 'Grant the role clusterMonitor on admin; "leafward doctor" prints the command.',
      };
    case 'unknown':
      return {
        code: 'MONGODB_DIAGNOSTICS_UNKNOWN',
        message: `${host} does not know getDiagnosticData, ${missing}`,
        hint: 'MongoDB 4.4 and later know it; something else that speaks its protocol (a proxy, a compatible database) may answer there.',
      };
    case 'old':
      return {
        code: 'MONGODB_DIAGNOSTICS_OLD',
        message: `getDiagnosticData of ${host} is no longer renewed, ${missing}`,
        hint: `${turnOn} If it is true, see whether that mongod hangs on its disk.`,
      };
    case 'none':
      return {
        code: 'MONGODB_DIAGNOSTICS_OFF',
        message: `${host} collects no diagnostic data, ${missing}`,
        hint: `${turnOn} To keep it after a restart, remove diagnosticDataCollectionEnabled from the settings of that mongod.`,
      };
  }
}
