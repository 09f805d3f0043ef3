import { childPath } from '../field-path.js';
import { forbiddenKeys } from '../manifest/manifest-error.js';
import { badRequest, unsupportedMediaType } from '../status.js';
import { malformed, readFields } from './wire.js';

/** How a field becomes JSON. A message is its fields by number; fields that aren't listed are the server's own and left out. */
type FieldType = 'string' | 'bytes' | 'bool' | 'stringMap' | 'bytesMap' | Message;
interface Message {
  readonly [number: number]: readonly [name: string, type: FieldType, repeated?: 'repeated'];
}

const ownerReference: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};

const objectMeta: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  11: ['labels', 'stringMap'],
  12: ['annotations', 'stringMap'],
  13: ['ownerReferences', ownerReference, 'repeated'],
  14: ['finalizers', 'string', 'repeated'],
};
const preconditions: Message = { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] };
const resourceAttributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};
const nonResourceAttributes: Message = { 1: ['path', 'string'], 2: ['verb', 'string'] };

/**
 * What typed clients send as protobuf and as nothing else (kubectl create namespace, create secret, auth): field numbers of
 * generated.proto in k8s.io/api and k8s.io/apimachinery.
 */
const messages: Readonly<Record<string, Message>> = {
  'v1 Namespace': { 1: ['metadata', objectMeta] },
  'v1 Secret': {
    1: ['metadata', objectMeta],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'stringMap'],
    5: ['immutable', 'bool'],
  },
  'v1 DeleteOptions': { 2: ['preconditions', preconditions], 5: ['dryRun', 'string', 'repeated'] },
  'authentication.k8s.io/v1 SelfSubjectReview': { 1: ['metadata', objectMeta] },
  'authorization.k8s.io/v1 SelfSubjectAccessReview': {
    1: ['metadata', objectMeta],
    2: ['spec', { 1: ['resourceAttributes', resourceAttributes], 2: ['nonResourceAttributes', nonResourceAttributes] }],
  },
  'authorization.k8s.io/v1 SelfSubjectRulesReview': {
    1: ['metadata', objectMeta],
    2: ['spec', { 1: ['namespace', 'string'] }],
  },
};

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';
const magic = [0x6b, 0x38, 0x73, 0x00];
const typeMeta: Message = { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] };
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A body in Kubernetes' protobuf envelope (`k8s\0` and runtime.Unknown) as the JSON object that it stands for. */
export function readProtobuf(body: Uint8Array): Record<string, unknown> {
  if (!magic.every((byte, index) => body[index] === byte)) throw malformed();
  const envelope = new Map(readFields(body.subarray(magic.length)).map(({ number, value }) => [number, value]));
  const [type, raw] = [envelope.get(1), envelope.get(2)];
  if (!(type instanceof Uint8Array) || !(raw instanceof Uint8Array)) throw malformed();
  const { apiVersion, kind } = readMessage(type, typeMeta);
  const message = messages[`${String(apiVersion)} ${String(kind)}`];
  if (!message) {
    throw unsupportedMediaType('protobuf is read for core kinds and reviews only: send application/json');
  }
  return { apiVersion, kind, ...readMessage(raw, message) };
}

function readMessage(bytes: Uint8Array, message: Message, path = ''): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { number, value } of readFields(bytes)) {
    const field = message[number];
    if (!field) continue;
    const [name, type, repeated] = field;
    const at = childPath(path, name);
    if (type === 'stringMap' || type === 'bytesMap') {
      const [key, entry] = readEntry(bytesOf(value), type, at);
      added<Record<string, unknown>>(result, name, {})[key] = entry;
    } else if (repeated) {
      added<unknown[]>(result, name, []).push(readValue(value, type, at));
    } else {
      const read = readValue(value, type, at);
      // An unset string is sent as an empty one.
      if (read !== '') result[name] = read;
    }
  }
  return result;
}

/** Lists and maps grow in place: their entries come one by one, and a copy for each would cost a square of them. */
function added<Container>(result: Record<string, unknown>, name: string, empty: Container): Container {
  result[name] ??= empty;
  return result[name] as Container;
}

function readEntry(bytes: Uint8Array, type: 'stringMap' | 'bytesMap', path: string): [key: string, value: unknown] {
  const { key = '', entry = '' } = readMessage(bytes, {
    1: ['key', 'string'],
    2: ['entry', type === 'bytesMap' ? 'bytes' : 'string'],
  });
  const name = String(key);
  if (forbiddenKeys.has(name)) throw badRequest(`${childPath(path, name)}: this key is not allowed`);
  return [name, entry];
}

function readValue(value: Uint8Array | bigint, type: 'string' | 'bytes' | 'bool' | Message, path: string): unknown {
  if (type === 'bool') {
    if (typeof value !== 'bigint') throw malformed();
    return value !== 0n;
  }
  if (type === 'string') return text(bytesOf(value));
  if (type === 'bytes') return Buffer.from(bytesOf(value)).toString('base64');
  return readMessage(bytesOf(value), type, path);
}

function bytesOf(value: Uint8Array | bigint): Uint8Array {
  if (typeof value === 'bigint') throw malformed();
  return value;
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed();
  }
}
