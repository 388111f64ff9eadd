import type { UpdateRules } from '../blocks/ports.ts';
import { applyUpdates } from './apply-updates.ts';
import { joinUpdates } from './join-updates.ts';

/** What MongoDB's updates do to documents. */
export const updateRules: UpdateRules = { apply: applyUpdates, join: joinUpdates };
