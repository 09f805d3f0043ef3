import { type ApiObject, apiVersionOf, type KindDefinition, toTable } from '#libs/apimachinery';
import type { Call } from '../request/call.js';
import { negotiate } from '../request/media-type.js';
import { includeObjectOf } from '../request/query.js';
import { presented } from './presented.js';

/** Objects as a client gets them: secrets masked, as a Table where the client asks for one. */
export function objectForm(call: Call, kind: KindDefinition, object: ApiObject, nowMs: number): unknown {
  const shown = presented(kind, object);
  if (!wantsTable(call)) return shown;
  const { resourceVersion } = object.metadata;
  return toTable(kind, [shown], { resourceVersion }, includeObjectOf(call.query), nowMs);
}

export function listForm(
  call: Call,
  kind: KindDefinition,
  objects: readonly ApiObject[],
  metadata: Record<string, unknown>,
  nowMs: number,
): unknown {
  const items = objects.map((object) => presented(kind, object));
  if (wantsTable(call)) return toTable(kind, items, metadata, includeObjectOf(call.query), nowMs);
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}

/** True: a client gets these objects just as they are stored, in JSON. */
export function wantsStoredForm(call: Call, kind: KindDefinition): boolean {
  const { format, table } = negotiate(call.headers.accept as string | undefined, { tables: true });
  return format === 'json' && !table && !kind.sensitive && !kind.present;
}

export function wantsTable(call: Call): boolean {
  return negotiate(call.headers.accept as string | undefined, { tables: true }).table;
}
