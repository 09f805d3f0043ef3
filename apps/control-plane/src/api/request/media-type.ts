import { notAcceptable, PROTOBUF_MEDIA_TYPE, unsupportedMediaType } from '#libs/apimachinery';

export interface MediaType {
  /** Lower case, such as `application/json`. */
  readonly name: string;
  /** Parameters without `q`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** RFC 9110, 5.6.6 and 12.5.1, as far as clients of this API go: no quoted strings. */
export function parseMediaType(text: string): MediaType {
  const [name = '', ...parts] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of parts) {
    const equals = part.indexOf('=');
    const key = part.slice(0, equals).toLowerCase();
    if (equals > 0 && key !== 'q') parameters[key] = part.slice(equals + 1);
  }
  return { name: name.toLowerCase(), parameters };
}

export type Format = 'json' | 'yaml';
/** How an object or list is wanted. */
export interface ResponseForm {
  readonly format: Format;
  readonly table: boolean;
}

const formats: ReadonlyMap<string, Format> = new Map(
  Object.entries<Format>({
    '*/*': 'json',
    'application/*': 'json',
    'application/json': 'json',
    'application/yaml': 'yaml',
    'application/x-yaml': 'yaml',
    'text/yaml': 'yaml',
  }),
);

interface Negotiable {
  readonly tables: boolean;
  /** A watch is lines of JSON, whatever else a client takes. */
  readonly streamed?: boolean;
}

/** The first acceptable entry of an `Accept` header, in the client's order. Throws a 406. */
export function negotiate(accept: string | undefined, { tables, streamed = false }: Negotiable): ResponseForm {
  if (accept === undefined || accept.trim() === '') return { format: 'json', table: false };
  for (const entry of accept.split(',')) {
    const { name, parameters } = parseMediaType(entry);
    const format = formats.get(name);
    if (format === undefined || (streamed && format !== 'json')) continue;
    const { as, g, v } = parameters;
    if (as === undefined) return { format, table: false };
    if (tables && as === 'Table' && g === 'meta.k8s.io' && v === 'v1' && format === 'json')
      return { format, table: true };
  }
  throw notAcceptable(
    streamed
      ? 'a watch is served as application/json and its Table form only'
      : 'only application/json, its Table form, and application/yaml are served',
  );
}

/** The format of an object's body. JSON where the client says nothing. Throws a 415. */
export function bodyFormat(contentType: string | undefined): Format | 'protobuf' {
  const { name } = parseMediaType(contentType ?? 'application/json');
  if (name === PROTOBUF_MEDIA_TYPE) return 'protobuf';
  const format = name === '*/*' || name === 'application/*' ? undefined : formats.get(name);
  if (format !== undefined) return format;
  throw unsupportedMediaType('the body must be application/json or application/yaml');
}
