import { damagedBson, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import { unknownUpdate } from './update-context.ts';

/** What modifiers say of one name; either `children` are there, or the field is set, or (neither) removed. */
export interface ModifierNode {
  /** Without its zero; may share memory with the update. */
  readonly name: Buffer;
  readonly children: ModifierNode[];
  set?: { readonly type: number; readonly valueAt: number; readonly end: number };
}

const dot = 0x2e;
const zeroDigit = 0x30;
const nineDigit = 0x39;
const deepestPath = 256;

/**
 * Reads `{$v: 1, $set: {…}, $unset: {…}}` (the `$v` may be missing) into a tree by the parts of the paths, in the order in which the server
 * applies them: by name, whole numbers by value when `numbersByValue` (servers since 5.0). @throws OPLOG_UNKNOWN for any other modifier
 */
export function readModifiers(update: Buffer, numbersByValue = false): readonly ModifierNode[] {
  const roots: ModifierNode[] = [];
  const end = update.length - 1;
  for (let at = 4; at < end; ) {
    const zero = textEnd(update, at + 1, end);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, end);
    const name = update.toString('latin1', at + 1, zero);
    if (name === '$set' || name === '$unset') {
      if (update[at] !== elementType.document) throw damagedBson(at, `${name} is no document`);
      readPaths(update, zero + 1, next, name === '$set', roots);
    } else if (name !== '$v') {
      throw unknownUpdate(`a modifier "${name}"`);
    }
    at = next;
  }
  sort(roots, numbersByValue ? byNumberOrName : byName);
  return roots;
}

function readPaths(update: Buffer, start: number, end: number, set: boolean, roots: ModifierNode[]): void {
  for (let at = start + 4; at < end - 1; ) {
    const type = update[at] ?? 0;
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, type, zero + 1, end - 1);
    const leaf = leafOf(update, at + 1, zero, roots);
    if (set) leaf.set = { type, valueAt: zero + 1, end: next };
    at = next;
  }
}

function leafOf(update: Buffer, start: number, end: number, roots: ModifierNode[]): ModifierNode {
  let siblings = roots;
  let depth = 0;
  for (let at = start; ; ) {
    const found = update.indexOf(dot, at);
    const partEnd = found < 0 || found > end ? end : found;
    const name = update.subarray(at, partEnd);
    let node = siblings.find((one) => one.name.equals(name));
    if (node === undefined) {
      node = { name, children: [] };
      siblings.push(node);
    }
    if (partEnd === end) return node;
    if (++depth > deepestPath) throw damagedBson(start, `a path of more than ${deepestPath} parts`);
    siblings = node.children;
    at = partEnd + 1;
  }
}

type Order = (one: ModifierNode, other: ModifierNode) => number;

function sort(nodes: ModifierNode[], order: Order): void {
  nodes.sort(order);
  for (const node of nodes) sort(node.children, order);
}

const byName: Order = (one, other) => Buffer.compare(one.name, other.name);

const byNumberOrName: Order = (one, other) => {
  const numbers = isWholeNumber(one.name) && isWholeNumber(other.name);
  return numbers && one.name.length !== other.name.length ? one.name.length - other.name.length : byName(one, other);
};

/** Digits without a zero in front. */
function isWholeNumber(name: Buffer): boolean {
  if (name.length === 0 || (name.length > 1 && name[0] === zeroDigit)) return false;
  return name.every((byte) => byte >= zeroDigit && byte <= nineDigit);
}
