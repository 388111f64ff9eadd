import type { Permission } from '../../wire/api/access.ts';
import { useGroup } from '../session.ts';
import { whyNot } from './role-words.ts';

interface WhyNotProps {
  readonly permission: Permission;
  /** Completes "you cannot …". */
  readonly what: string;
}

/** Where buttons are missing: what this person may not do here and whom to ask. Nothing for those who may. */
export function WhyNot({ permission, what }: WhyNotProps) {
  const { may, roles } = useGroup();
  return may(permission) ? null : <p class="why">{whyNot(roles, permission, what)}</p>;
}
