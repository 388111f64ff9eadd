import type { AuditSubject } from '../../wire/api/audit.ts';

export function groupSubject({ id, name }: { readonly id: string; readonly name: string }): AuditSubject {
  return { kind: 'group', id, label: name };
}

export function userSubject({ id, email }: { readonly id: string; readonly email: string }): AuditSubject {
  return { kind: 'user', id, label: email };
}

export function hostSubject({ id, host }: { readonly id: string; readonly host: string }): AuditSubject {
  return { kind: 'host', id, label: host };
}

export function agentSubject({ id, hostname }: { readonly id: string; readonly hostname: string }): AuditSubject {
  return { kind: 'agent', id, label: hostname };
}

export function setSubject(id: string, { name }: { readonly name: string }): AuditSubject {
  return { kind: 'set', id, label: name };
}

/** Of things that are only known by id when they go. */
export function subjectById(kind: string, id: string): AuditSubject {
  return { kind, id, label: id };
}
