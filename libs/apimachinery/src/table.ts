import type { ApiObject, KindDefinition, PrinterColumn } from './kind.js';
import { humanDuration } from './human-duration.js';

/** Query parameter `includeObject`: what each row carries beside its cells. */
export const includeObjects = ['None', 'Metadata', 'Object'] as const;
export type IncludeObject = (typeof includeObjects)[number];

interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** Above 0: `-o wide` only. */
  readonly priority: number;
}
export interface TableRow {
  readonly cells: readonly (string | number | boolean | null)[];
  readonly object?: unknown;
}
/** meta.k8s.io/v1 Table. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: Record<string, unknown>;
  readonly columnDefinitions: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique in its namespace.',
  priority: 0,
};

/** Objects of one kind as `kubectl get` prints them. `metadata` is the list's (or the object's) resourceVersion, continue, ... */
export function toTable(
  kind: KindDefinition,
  objects: readonly ApiObject[],
  metadata: Record<string, unknown>,
  includeObject: IncludeObject,
  nowMs: number,
): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [nameColumn, ...kind.columns.map(columnDefinition)],
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...kind.columns.map((column) => cell(column, object, nowMs))],
      ...(includeObject === 'Object' && { object }),
      ...(includeObject === 'Metadata' && {
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      }),
    })),
  };
}

const columnDefinition = (column: PrinterColumn): TableColumn => ({
  name: column.name,
  type: column.type,
  format: '',
  description: column.description,
  priority: column.priority ?? 0,
});

function cell(column: PrinterColumn, object: ApiObject, nowMs: number): string | number | boolean | null {
  const value = column.value(object);
  if (column.type !== 'date' || typeof value !== 'string') return value;
  const at = Date.parse(value);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(nowMs - at);
}
