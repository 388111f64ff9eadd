import type { UpdateRules } from '../blocks/ports.ts';
import { applyUpdates } from './apply-updates.ts';
import { joinUpdates } from './join-updates.ts';
import { patchSets } from './patch-sets.ts';

/** What MongoDB's updates do to documents. */
export const updateRules: UpdateRules = { apply: applyUpdates, patch: patchSets, join: joinUpdates };
