import { BSON } from 'mongodb';
import { documentEnd, elementType, stringEnd, textEnd, valueEnd } from '../model/bson-walk.ts';

/**
 * Raw BSON as canonical Extended JSON v2, field by field in the order of the bytes: a JavaScript object would put a field "10"
 * before "b", and an index over them would be another one.
 */
export function extendedJson(bytes: Buffer, start = 0, limit = bytes.length): string {
  const fields: string[] = [];
  forEachValue(bytes, start, limit, (name, value) => fields.push(`${JSON.stringify(name)}:${value}`));
  return `{${fields.join(',')}}`;
}

function arrayJson(bytes: Buffer, start: number, limit: number): string {
  const values: string[] = [];
  forEachValue(bytes, start, limit, (_name, value) => values.push(value));
  return `[${values.join(',')}]`;
}

function forEachValue(bytes: Buffer, start: number, limit: number, take: (name: string, json: string) => void): void {
  const end = documentEnd(bytes, start, limit) - 1;
  for (let at = start + 4; at < end; ) {
    const zero = textEnd(bytes, at + 1, end);
    const next = valueEnd(bytes, bytes[at] ?? 0, zero + 1, end);
    take(bytes.toString('utf8', at + 1, zero), valueJson(bytes, bytes[at] ?? 0, zero + 1, next));
    at = next;
  }
}

function valueJson(bytes: Buffer, type: number, start: number, end: number): string {
  switch (type) {
    case elementType.document:
      return extendedJson(bytes, start, end);
    case elementType.array:
      return arrayJson(bytes, start, end);
    case elementType.string:
      return text(bytes, start, end);
    case elementType.boolean:
      return bytes[start] === 0 ? 'false' : 'true';
    case elementType.null:
      return 'null';
    case elementType.undefined:
      return '{"$undefined":true}';
    case elementType.minKey:
      return '{"$minKey":1}';
    case elementType.maxKey:
      return '{"$maxKey":1}';
    case elementType.objectId:
      return `{"$oid":"${bytes.toString('hex', start, end)}"}`;
    case elementType.timestamp:
      return `{"$timestamp":{"t":${bytes.readUInt32LE(start + 4)},"i":${bytes.readUInt32LE(start)}}}`;
    case elementType.date:
      return `{"$date":{"$numberLong":"${bytes.readBigInt64LE(start)}"}}`;
    default:
      return numberJson(bytes, type, start) ?? otherJson(bytes, type, start, end);
  }
}

function numberJson(bytes: Buffer, type: number, start: number): string | undefined {
  switch (type) {
    case elementType.int32:
      return `{"$numberInt":"${bytes.readInt32LE(start)}"}`;
    case elementType.int64:
      return `{"$numberLong":"${bytes.readBigInt64LE(start)}"}`;
    case elementType.double:
      return `{"$numberDouble":"${doubleText(bytes.readDoubleLE(start))}"}`;
    case elementType.decimal128:
      return `{"$numberDecimal":"${new BSON.Decimal128(bytes.subarray(start, start + 16)).toString()}"}`;
    default:
      return undefined;
  }
}

function otherJson(bytes: Buffer, type: number, start: number, end: number): string {
  switch (type) {
    case elementType.binary: {
      const subtype = (bytes[start + 4] ?? 0).toString(16).padStart(2, '0');
      // Subtype 2 has its length twice.
      const from = subtype === '02' ? start + 9 : start + 5;
      return `{"$binary":{"base64":"${bytes.toString('base64', from, end)}","subType":"${subtype}"}}`;
    }
    case elementType.regex: {
      const zero = textEnd(bytes, start, end);
      const pattern = JSON.stringify(bytes.toString('utf8', start, zero));
      const options = JSON.stringify(bytes.toString('utf8', zero + 1, end - 1));
      return `{"$regularExpression":{"pattern":${pattern},"options":${options}}}`;
    }
    case elementType.code:
      return `{"$code":${text(bytes, start, end)}}`;
    case elementType.symbol:
      return `{"$symbol":${text(bytes, start, end)}}`;
    case elementType.codeWithScope: {
      const scopeAt = stringEnd(bytes, start + 4, end);
      return `{"$code":${text(bytes, start + 4, scopeAt)},"$scope":${extendedJson(bytes, scopeAt, end)}}`;
    }
    default: {
      const idAt = end - 12;
      const id = `{"$oid":"${bytes.toString('hex', idAt, end)}"}`;
      return `{"$dbPointer":{"$ref":${text(bytes, start, idAt)},"$id":${id}}}`;
    }
  }
}

/** A text with length prefix, quoted. */
function text(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.toString('utf8', start + 4, end - 1));
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}
