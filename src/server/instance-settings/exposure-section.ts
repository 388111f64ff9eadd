import { z } from 'zod';
import { changeExposureSettings, exposureSettings } from '../../wire/api/instance.ts';
import type { InstanceSection } from './instance-section.ts';

const value = z.object({ enabled: z.boolean().default(false) });

/** Whether the server may look at hosts from outside; a fresh instance: no. */
export const exposureSection: InstanceSection<
  z.output<typeof value>,
  typeof exposureSettings,
  typeof changeExposureSettings
> = {
  name: 'exposure',
  value,
  shown: exposureSettings,
  change: changeExposureSettings,
  show: (held) => held.value,
  apply: ({ value: { enabled: before }, secrets }, { enabled = before }) => ({ value: { enabled }, secrets }),
};
