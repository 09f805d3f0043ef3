import {
  ApiError,
  type ApiObject,
  at,
  badRequest,
  decodeObject,
  type FieldError,
  type FieldValidation,
  isMap,
  type KindDefinition,
  readJSON,
  readYAML,
  unsupportedMediaType,
} from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { asBadRequest, bodyText } from '../request/body.js';
import { parseMediaType } from '../request/media-type.js';

/** One object of an apply. */
export interface AppliedDocument {
  /** For messages: `document 2, line 14`. */
  readonly place: string;
  readonly kind: KindDefinition;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  /** What the document says; its namespace filled in. */
  readonly object: ApiObject;
  readonly errors: readonly FieldError[];
  readonly warnings: readonly string[];
}

interface Placed {
  readonly place: string;
  readonly value: unknown;
}

/** curl's default for `--data-binary` is among them: a forgotten header shouldn't be a riddle. */
const yamlTypes = [
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/plain',
  'application/x-www-form-urlencoded',
];

/** Every object of the body; a `List` counts as its items. Throws an ApiError that names the document. */
export function readDocuments(
  body: Buffer,
  contentType: string | undefined,
  defaultNamespace: string,
  validation: FieldValidation,
): AppliedDocument[] {
  const values = readValues(body, parseMediaType(contentType ?? 'application/yaml').name).flatMap(itemsOf);
  if (values.length === 0) throw badRequest('the body holds no object');
  const documents = values.map((value) => readDocument(value, defaultNamespace, validation));
  const places = new Map<string, string>();
  for (const { kind, namespace, name, place } of documents) {
    const id = `${kind.kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
    const first = places.get(id);
    if (first !== undefined) throw badRequest(`${place}: ${id} is in ${first} already; keep one of them`);
    places.set(id, place);
  }
  return documents;
}

function readValues(body: Buffer, type: string): Placed[] {
  if (type === 'application/json') {
    return asBadRequest(() => [{ place: 'the body', value: readJSON(bodyText(body)) }]);
  }
  if (!yamlTypes.includes(type)) {
    throw unsupportedMediaType('the body must be application/yaml or application/json');
  }
  const text = bodyText(body);
  return asBadRequest(() =>
    readYAML(text).map(({ number, line, value }) => ({ place: `document ${number}, line ${line}`, value })),
  );
}

function itemsOf({ place, value }: Placed): Placed[] {
  if (!isMap(value) || value.kind !== 'List' || value.apiVersion !== 'v1') return [{ place, value }];
  if (!Array.isArray(value.items)) throw badRequest(`${place}: items: must be a list`);
  return value.items.map((item: unknown, index) => ({ place: `${place}, items[${index}]`, value: item }));
}

function readDocument(
  { place, value }: Placed,
  defaultNamespace: string,
  validation: FieldValidation,
): AppliedDocument {
  const kind = knownKind(place, value);
  try {
    const { object, errors, warnings } = decodeObject(kind, value, validation);
    const { name, namespace: given } = isMap(object.metadata) ? object.metadata : { name: '' };
    // Empty is absent in an object, as in Kubernetes; what is no name at all is among the errors.
    const namespace = typeof given === 'string' && given !== '' ? given : defaultNamespace;
    if (typeof name !== 'string' || name === '') throw badRequest('metadata.name: is required');
    return {
      place,
      kind,
      namespace: kind.namespaced ? namespace : '',
      name,
      object: kind.namespaced ? { ...object, metadata: { ...object.metadata, namespace: given || namespace } } : object,
      errors,
      warnings,
    };
  } catch (error) {
    throw error instanceof ApiError ? at(place, error) : error;
  }
}

function knownKind(place: string, value: unknown): KindDefinition {
  if (!isMap(value)) throw badRequest(`${place}: must be an object with apiVersion, kind and metadata`);
  const { apiVersion, kind } = value;
  for (const [field, text] of Object.entries({ apiVersion, kind })) {
    if (typeof text !== 'string' || text === '')
      throw badRequest(`${place}: ${field}: is required and must be a string`);
  }
  const known = kindOf(String(apiVersion), String(kind));
  if (known) return known;
  const given = [apiVersion, kind].map((text) => JSON.stringify(String(text).slice(0, 100)));
  throw badRequest(`${place}: there is no kind ${given[1]} in apiVersion ${given[0]}`);
}
