import { z } from 'zod';
import { auditSettings, changeAuditSettings } from '../../wire/api/audit.ts';
import type { InstanceSection } from '../instance-settings/instance-section.ts';

const value = z.object({ keepDays: z.number().int().nullable().default(730) });

/** How long audit events are kept; a fresh instance: two years. */
export const auditSection: InstanceSection<z.output<typeof value>, typeof auditSettings, typeof changeAuditSettings> = {
  name: 'audit',
  value,
  shown: auditSettings,
  change: changeAuditSettings,
  show: (held) => held.value,
  apply: ({ value: before, secrets }, { keepDays = before.keepDays }) => ({ value: { keepDays }, secrets }),
};
