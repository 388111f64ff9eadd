import { damagedBson, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import { unknownUpdate } from './update-context.ts';

/** What modifiers say of one name; either `children` are there, or the field is set, or (neither) removed. */
export interface ModifierNode {
  /** Without its zero; may share memory with the update. */
  readonly name: Buffer;
  readonly children: ModifierNode[];
  /** The children by name; Latin-1 keeps every byte, also of names that are no UTF-8. */
  readonly byName: Map<string, ModifierNode>;
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
export function readModifiers(update: Buffer, numbersByValue = false): ModifierNode {
  const root = nodeOf(Buffer.alloc(0));
  const end = update.length - 1;
  for (let at = 4; at < end; ) {
    const zero = textEnd(update, at + 1, end);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, end);
    const name = update.toString('latin1', at + 1, zero);
    if (name === '$set' || name === '$unset') {
      if (update[at] !== elementType.document) throw damagedBson(at, `${name} is no document`);
      readPaths(update, zero + 1, next, name === '$set', root);
    } else if (name !== '$v') {
      throw unknownUpdate(`a modifier "${name}"`);
    }
    at = next;
  }
  sort(root, numbersByValue ? byNumberOrName : byName);
  return root;
}

function readPaths(update: Buffer, start: number, end: number, set: boolean, root: ModifierNode): void {
  for (let at = start + 4; at < end - 1; ) {
    const type = update[at] ?? 0;
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, type, zero + 1, end - 1);
    const leaf = leafOf(update, at + 1, zero, root);
    if (set) leaf.set = { type, valueAt: zero + 1, end: next };
    at = next;
  }
}

function leafOf(update: Buffer, start: number, end: number, root: ModifierNode): ModifierNode {
  let parent = root;
  let depth = 0;
  for (let at = start; ; ) {
    let partEnd = at;
    while (partEnd < end && update[partEnd] !== dot) partEnd++;
    const key = update.toString('latin1', at, partEnd);
    let node = parent.byName.get(key);
    if (node === undefined) {
      node = nodeOf(update.subarray(at, partEnd));
      parent.children.push(node);
      parent.byName.set(key, node);
    }
    if (partEnd === end) return node;
    if (++depth > deepestPath) throw damagedBson(start, `a path of more than ${deepestPath} parts`);
    parent = node;
    at = partEnd + 1;
  }
}

function nodeOf(name: Buffer): ModifierNode {
  return { name, children: [], byName: new Map() };
}

type Order = (one: ModifierNode, other: ModifierNode) => number;

function sort(node: ModifierNode, order: Order): void {
  node.children.sort(order);
  for (const child of node.children) sort(child, order);
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
