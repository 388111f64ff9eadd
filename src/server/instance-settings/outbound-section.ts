import { z } from 'zod';
import { changeOutboundSettings, outboundSettings } from '../../wire/api/instance.ts';
import { outboundRules } from '../../wire/outbound/outbound-rules.ts';
import type { InstanceSection } from './instance-section.ts';

const value = z.object({ allowPrivate: z.boolean().default(false), allow: z.array(z.string()).default([]) });

/** Which addresses the server may call beside public ones; a fresh instance: none. */
export const outboundSection: InstanceSection<
  z.output<typeof value>,
  typeof outboundSettings,
  typeof changeOutboundSettings
> = {
  name: 'outbound',
  value,
  shown: outboundSettings,
  change: changeOutboundSettings,
  show: (held) => held.value,
  apply({ value: before, secrets }, { allowPrivate = before.allowPrivate, allow = before.allow }) {
    const after = { allowPrivate, allow: [...new Set(allow)] };
    // Says which line is wrong.
    outboundRules(after);
    return { value: after, secrets };
  },
};
