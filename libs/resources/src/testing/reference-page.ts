import { z } from 'zod';
import { apiVersionOf, type KindDefinition } from '#libs/apimachinery';
import { kinds } from '../registry.js';

/** The part of JSON Schema that the kinds use. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

const durationPattern = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

const introduction = `# Resources

Every kind and every field. This page is written from the schemas, and a test keeps it so: after a change of a schema run
\`UPDATE_GOLDEN=1 npm test -- libs/resources\`.

- A field marked * is required. Unknown fields are refused with their path.
- **Defaults are never stored.** A manifest stays as it was written; \`signalbox get --effective\` shows it with every default,
  and a better default reaches every object.
- A duration is up to four terms such as \`1h30m\`, \`5s\` or \`500ms\`, at most \`168h\`.
- A list by name is merged by the \`name\` of its items, keeps its order, and has each name once. A set has each value once. Other
  lists are replaced as a whole. An absent list means all.
- A model pattern is a name in which one \`*\` stands for any run of characters.
- References stay within their namespace. One that goes nowhere is taken on a write, with a warning; whether they resolve is told
  by the [conditions](conditions.md).
- A Secret's entry is used as an API key without one line break at its end, which files and \`echo\` leave there. An entry with
  another line break, a blank at either end or anything but printable ASCII is not used, and the key pool's condition says so.
`;

/** The whole of docs/resources.md. */
export function referencePage(): string {
  return [introduction, ...kinds.map(kindSection)].join('\n');
}

function kindSection(kind: KindDefinition): string {
  const facts = [
    `\`apiVersion: ${apiVersionOf(kind)}\``,
    kind.namespaced ? 'namespaced' : 'cluster-scoped',
    `\`kubectl get ${[kind.plural, ...kind.shortNames].join('`, `')}\``,
    ...(kind.readOnly === true ? ['read-only'] : []),
    ...(kind.sensitive === true ? ['write-only, encrypted at rest'] : []),
  ];
  const rows = [...rowsOf(schemaOf(kind.content), ''), ...(kind.status === undefined ? [] : statusRows(kind.status))];
  const table = ['| Field | Type | Default | |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `## ${kind.kind}\n\n${kind.description}\n\n${facts.join(' · ')}\n\n${table}\n`;
}

/** What a condition is made of stands on a page of its own, once. */
function statusRows(status: z.ZodObject): string[] {
  return rowsOf(schemaOf(status), 'status.').filter((row) => !row.startsWith('| `status.conditions[].'));
}

function schemaOf(schema: z.ZodObject): Schema {
  return z.toJSONSchema(schema) as Schema;
}

function rowsOf(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix + name;
    const star = schema.required?.includes(name) === true && !prefix.startsWith('status.') ? '*' : '';
    const value = member.default === undefined ? '' : `\`${JSON.stringify(member.default).replaceAll(`"`, '')}\``;
    const row = `| \`${path}\`${star} | ${typeOf(member)} | ${value} | ${(member.description ?? '').replaceAll('|', '\\|')} |`;
    return [row, ...(member.items === undefined ? rowsOf(member, `${path}.`) : rowsOf(member.items, `${path}[].`))];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.pattern === durationPattern) return 'duration';
  if (schema.format === 'date-time') return 'time';
  if (schema.items !== undefined) {
    const map = `list by ${schema['x-kubernetes-list-map-keys']?.join(', ')}`;
    const kinds: Record<string, string> = { map, set: 'set', atomic: 'list' };
    const items = schema.items.properties === undefined ? ` of ${typeOf(schema.items)}` : '';
    return `${kinds[schema['x-kubernetes-list-type'] ?? 'atomic']}${items}`;
  }
  if (typeof schema.additionalProperties === 'object') return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.type === 'integer' || schema.type === 'number') {
    const isBounded = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER;
    return isBounded ? `${schema.type}, ${schema.minimum} to ${schema.maximum}` : schema.type;
  }
  return schema.type ?? 'any';
}
