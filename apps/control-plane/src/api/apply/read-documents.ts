import {
  type ApiObject,
  badRequest,
  decodeObject,
  type FieldError,
  type FieldValidation,
  findingsOf,
  isMap,
  type KindDefinition,
  unsupportedMediaType,
} from '#libs/apimachinery';
import { checkObject } from '#libs/resources';
import { parseMediaType } from '../request/media-type.js';
import { DocumentFindings } from './document-findings.js';
import { knownKind } from './known-kind.js';
import { type PlacedValue, readJSONBody, readYAMLBody } from './placed-values.js';

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
  readonly warnings: readonly string[];
}

/** curl's default for `--data-binary` is among them: a forgotten header shouldn't be a riddle. */
const yamlTypes = [
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/plain',
  'application/x-www-form-urlencoded',
];

/**
 * Every object of the body; a `List` counts as its items. Throws one ApiError with whatever is wrong with any of them by
 * themselves, each finding at its place: nobody should have to fix one document to hear of the next.
 */
export function readDocuments(
  body: Buffer,
  contentType: string | undefined,
  defaultNamespace: string,
  validation: FieldValidation,
): AppliedDocument[] {
  const type = parseMediaType(contentType ?? 'application/yaml').name;
  if (type !== 'application/json' && !yamlTypes.includes(type)) {
    throw unsupportedMediaType('the body must be application/yaml or application/json');
  }
  const values = type === 'application/json' ? readJSONBody(body) : readYAMLBody(body);
  if (values.length === 0) throw badRequest('the body holds no object');
  const findings = new DocumentFindings();
  const documents = values.flatMap((value) => readDocument(value, defaultNamespace, validation, findings) ?? []);
  findRepeated(documents, findings);
  findings.throwAny(type === 'application/json' ? undefined : body);
  return documents.map(({ document }) => document);
}

interface Read {
  readonly document: AppliedDocument;
  readonly value: PlacedValue;
}

/** `undefined`: not even its kind and name are known. */
function readDocument(
  value: PlacedValue,
  defaultNamespace: string,
  validation: FieldValidation,
  findings: DocumentFindings,
): Read | undefined {
  const kind = knownKind(value.value);
  if ('errors' in kind) {
    findings.add(value, kind.errors, { malformed: true });
    return undefined;
  }
  const given = value.value as ApiObject;
  if (validation === 'Strict') findings.add(value, findingsOf(kind, given).unknown, { malformed: true });
  const { object, errors, warnings } = decodeObject(kind, given, validation === 'Strict' ? 'Ignore' : validation);
  findings.add(value, errors.length > 0 ? errors : ruleErrors(kind, object), { malformed: false });
  const { name, namespace } = isMap(object.metadata) ? object.metadata : { name: '' };
  if (typeof name !== 'string' || name === '') {
    // `generateName` is for creating alone: an apply must know which object it is about.
    const known = errors.some(({ path }) => path.startsWith('metadata'));
    if (!known)
      findings.add(value, [{ path: 'metadata.name', reason: 'Required', message: 'is required' }], { malformed: true });
    return undefined;
  }
  // Empty is absent in an object, as in Kubernetes; what is no name at all is among the errors.
  const effective = typeof namespace === 'string' && namespace !== '' ? namespace : defaultNamespace;
  const document = {
    place: value.place,
    kind,
    namespace: kind.namespaced ? effective : '',
    name,
    object: kind.namespaced ? { ...object, metadata: { ...object.metadata, namespace: effective } } : object,
    warnings,
  };
  return { document, value };
}

/** Rules beyond the schema depend on the object alone, so that they need not wait for the lock. */
function ruleErrors(kind: KindDefinition, object: ApiObject): readonly FieldError[] {
  return checkObject(kind, kind.prepare?.(object) ?? object).errors;
}

function findRepeated(documents: readonly Read[], findings: DocumentFindings): void {
  const places = new Map<string, string>();
  for (const { document, value } of documents) {
    const { kind, namespace, name } = document;
    const id = `${kind.kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
    const first = places.get(id);
    if (first === undefined) places.set(id, value.place);
    else {
      const message = `${id} is in ${first} already; keep one of them`;
      findings.add(value, [{ path: '', reason: 'Duplicate', message }], { malformed: true });
    }
  }
}
