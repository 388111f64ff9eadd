import { getDiagnosticData } from '../deployment/diagnostic-reply.ts';
import { createUserSnippet, grantSnippet, missingPrivileges } from '../deployment/privileges.ts';
import { AppError } from '../runtime/errors.ts';
import { deadlineMs, type HostNeed, type SignedIn } from './doctor-host.ts';
import type { Finding } from './doctor-steps.ts';

/** What the monitoring agent needs of a host. */
export const monitoringNeeds: readonly HostNeed[] = [
  { step: 'privileges', title: 'Privileges', find: checkPrivileges },
  { step: 'diagnosticData', title: 'Figures are fresh', find: freshFigures },
];

async function checkPrivileges({ client, connection, isMember, signal }: SignedIn): Promise<Finding> {
  const missing = await missingPrivileges(client, isMember, deadlineMs, signal);
  if (missing.length === 0) return { message: 'All that the agent asks for is allowed.' };
  const costs = missing.map(({ name, costs: cost }) => `${name}: ${cost}`).join('; ');
  const user = connection.credentials?.username;
  const hint =
    user === undefined
      ? `The host demands a login. Make a user in mongosh, then set it for the host or as mongodbUsername:\n${createUserSnippet()}`
      : `In mongosh, on the primary:\n${grantSnippet(user)}`;
  const isFatal = missing.some(({ name }) => name === 'serverStatus');
  return { state: isFatal ? 'failed' : 'warn', message: `Refused: ${costs}.`, hint };
}

async function freshFigures({ client, signal }: SignedIn): Promise<Finding> {
  try {
    const reply = await getDiagnosticData(client, deadlineMs, signal);
    if (reply === undefined) {
      return {
        state: 'warn',
        message: 'getDiagnosticData is empty; single commands are used.',
        hint: 'Set diagnosticDataCollectionEnabled to true on that mongod.',
      };
    }
    const ageSeconds = Math.round((Date.now() - reply.hostMs) / 1000);
    if (ageSeconds <= 30) return { message: `getDiagnosticData is ${Math.max(0, ageSeconds)} s old.` };
    return {
      state: 'warn',
      message: `getDiagnosticData is ${ageSeconds} s old; single commands are used.`,
      hint: 'Compare the clocks of both machines (NTP), and see whether that mongod hangs on its disk.',
    };
  } catch (thrown) {
    if (
      thrown instanceof AppError &&
      (thrown.code === 'MONGODB_PRIVILEGE_MISSING' || thrown.details['answered'] === true)
    ) {
      return {
        state: 'warn',
        message: 'getDiagnosticData is refused; single commands are used.',
        hint: grantSnippet(),
      };
    }
    throw thrown;
  }
}
