import { randomBytes } from 'node:crypto';

/** A random id such as h_3f0c…: 80 bits, unguessable enough never to collide; it is no secret. */
export function newId(prefix: 'u' | 'g' | 'h' | 'o' | 'e' | 'x' | 'd' | 'i'): string {
  return `${prefix}_${randomBytes(10).toString('hex')}`;
}
