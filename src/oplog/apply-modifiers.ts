import { elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import type { ModifierNode } from './read-modifiers.ts';
import { checkDepth, indexOf, misfit, type UpdateContext } from './update-context.ts';

/** As many nulls as the server puts into an array for one path (kMaxPaddingAllowed). */
const mostPadding = 1_500_000;

/**
 * Writes the document at [start, end) of `context.document` as the modifiers change it (`$v: 1`): a field that is there keeps its place,
 * others are appended; removing an element of an array leaves null; a path through a value that holds no fields is skipped.
 */
export function applyToDocument(
  context: UpdateContext,
  start: number,
  end: number,
  { children, byName }: ModifierNode,
  depth = 0,
): void {
  checkDepth(depth, start);
  const { document, out } = context;
  const seen = new Set<ModifierNode>();
  const began = out.begin();
  const last = end - 1;
  for (let at = start + 4; at < last; ) {
    const type = document[at] ?? 0;
    const zero = textEnd(document, at + 1, last);
    const next = valueEnd(document, type, zero + 1, last);
    const node = byName.get(document.toString('latin1', at + 1, zero));
    // Of several fields with one name the server finds the first.
    if (node === undefined || seen.has(node)) {
      out.copy(document, at, next);
    } else {
      seen.add(node);
      if (node.children.length > 0) changeInside(context, { type, at, zero, next }, node, { start, end, depth });
      else if (node.set !== undefined) {
        out.head(node.set.type, document, at + 1, zero);
        out.copy(context.update, node.set.valueAt, node.set.end);
      }
    }
    at = next;
  }
  for (const node of children) if (!seen.has(node) && setsSomething(node)) create(context, node, depth);
  out.finish(began);
}

interface Field {
  readonly type: number;
  readonly at: number;
  readonly zero: number;
  readonly next: number;
}
interface Around {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

function changeInside(context: UpdateContext, field: Field, node: ModifierNode, around: Around): void {
  const { document, out } = context;
  const { type, at, zero, next } = field;
  out.copy(document, at, zero + 1);
  changeValue(context, type, zero + 1, next, node, around);
}

function changeValue(
  context: UpdateContext,
  type: number,
  valueAt: number,
  next: number,
  node: ModifierNode,
  { start, end, depth }: Around,
): void {
  if (type === elementType.document) {
    applyToDocument(context, valueAt, next, node, depth + 1);
  } else if (type === elementType.array) {
    applyToArray(context, valueAt, next, node.children, depth + 1);
  } else {
    if (setsSomething(node)) misfit(context, start, end, node.name, 'holds no fields');
    context.out.copy(context.document, valueAt, next);
  }
}

function applyToArray(
  context: UpdateContext,
  start: number,
  end: number,
  nodes: readonly ModifierNode[],
  depth: number,
): void {
  checkDepth(depth, start);
  const { document, update, out } = context;
  const byIndex = new Map<number, ModifierNode>();
  for (const node of nodes) {
    const index = indexOf(node.name, 0, node.name.length);
    if (index >= 0) byIndex.set(index, node);
    else if (setsSomething(node)) misfit(context, start, end, node.name, 'is no index of an array');
  }
  const began = out.begin();
  const last = end - 1;
  let index = 0;
  for (let at = start + 4; at < last; index++) {
    const type = document[at] ?? 0;
    const zero = textEnd(document, at + 1, last);
    const next = valueEnd(document, type, zero + 1, last);
    const node = byIndex.get(index);
    if (node === undefined) {
      out.indexHead(type, index);
      out.copy(document, zero + 1, next);
    } else if (node.children.length > 0) {
      out.indexHead(type, index);
      changeValue(context, type, zero + 1, next, node, { start, end, depth });
    } else if (node.set === undefined) {
      out.indexHead(elementType.null, index);
    } else {
      out.indexHead(node.set.type, index);
      out.copy(update, node.set.valueAt, node.set.end);
    }
    at = next;
  }
  extendArray(context, index, byIndex, depth);
  out.finish(began);
}

/** Appends what lies behind the end of an array, with nulls in between. */
function extendArray(
  context: UpdateContext,
  length: number,
  byIndex: ReadonlyMap<number, ModifierNode>,
  depth: number,
): void {
  const { update, out } = context;
  const behind = [...byIndex]
    .filter(([index, node]) => index >= length && setsSomething(node))
    .sort(([a], [b]) => a - b);
  let index = length;
  for (const [wanted, node] of behind) {
    if (wanted - index > mostPadding) {
      misfit(context, 0, 5, node.name, 'lies too far behind the end of its array');
      return;
    }
    for (; index < wanted; index++) out.indexHead(elementType.null, index);
    if (node.set === undefined) {
      out.indexHead(elementType.document, index);
      createChildren(context, node, depth + 1);
    } else {
      out.indexHead(node.set.type, index);
      out.copy(update, node.set.valueAt, node.set.end);
    }
    index++;
  }
}

function create(context: UpdateContext, node: ModifierNode, depth: number): void {
  const { update, out } = context;
  const { name, set } = node;
  if (set !== undefined) {
    out.head(set.type, name, 0, name.length);
    out.copy(update, set.valueAt, set.end);
    return;
  }
  out.head(elementType.document, name, 0, name.length);
  createChildren(context, node, depth + 1);
}

function createChildren(context: UpdateContext, node: ModifierNode, depth: number): void {
  checkDepth(depth, 0);
  const began = context.out.begin();
  for (const child of node.children) if (setsSomething(child)) create(context, child, depth);
  context.out.finish(began);
}

/** Removing alone creates no path. */
function setsSomething(node: ModifierNode): boolean {
  return node.set !== undefined || node.children.some(setsSomething);
}
