import { z } from 'zod';
import { accessSettings, changeAccessSettings } from '../../wire/api/people.ts';
import type { InstanceSection } from '../instance-settings/instance-section.ts';
import type { InstanceSettings } from '../instance-settings/instance-settings.ts';

const value = z.object({
  secondFactorRequired: z.boolean().default(false),
  sessionIdleHours: z.number().default(7 * 24),
  sessionDays: z.number().default(30),
});

/** What the whole server asks of people: `/instance/access`. */
export const accessSection: InstanceSection<
  z.output<typeof value>,
  typeof accessSettings,
  typeof changeAccessSettings
> = {
  name: 'access',
  value,
  shown: accessSettings,
  change: changeAccessSettings,
  show: (held) => held.value,
  apply: ({ value: before, secrets }, change) => ({ value: value.parse({ ...before, ...change }), secrets }),
};

/** How long a session lives without use, and at most. */
export async function sessionLimits(instance: InstanceSettings): Promise<{ idleMs: number; mostMs: number }> {
  const { sessionIdleHours, sessionDays } = (await instance.read(accessSection)).value;
  return { idleMs: sessionIdleHours * 3_600_000, mostMs: sessionDays * 86_400_000 };
}
