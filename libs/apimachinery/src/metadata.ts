import type { FieldError, KindDefinition } from './kind.js';
import { childPath } from './field-path.js';
import { isMap } from './json-map.js';
import { validateOwnerReferences } from './owner-references.js';
import { serverSet, validateServerSet, withoutNulls } from './server-set.js';
import { wrongType } from './wrong-type.js';

/** Rules of https://kubernetes.io/docs/concepts/overview/working-with-objects/names and .../labels, .../annotations. */
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
/** In it kubectl repeats the whole manifest, a Secret's plain text included: it is neither audited nor kept of a Secret. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
const maxAnnotationBytes = 256 * 1024;

/** Members of metadata that a client may send; `serverSet` ones are accepted and then set by the server. */
const clientSet = ['name', 'generateName', 'namespace', 'labels', 'annotations', 'finalizers', 'ownerReferences'];
const known = new Set([...clientSet, ...serverSet]);

export const isDNSLabel = (name: string): boolean => dnsLabel.test(name);
export const isDNSSubdomain = (name: string): boolean => name.length <= 253 && dnsSubdomain.test(name);

/** Members of metadata that don't exist. */
export function unknownMetadataFields(metadata: unknown): string[] {
  return isMap(metadata) ? Object.keys(metadata).filter((key) => !known.has(key)) : [];
}

/** Everything that can be wrong with metadata, types included. Pure. */
export function validateMetadata(kind: KindDefinition, given: unknown): FieldError[] {
  if (!isMap(given)) return [{ path: 'metadata', reason: 'Required', message: 'must be an object with a name' }];
  const metadata = withoutNulls(given);
  return [
    ...validateNames(kind, metadata),
    ...validateLabels(metadata.labels),
    ...validateAnnotations(metadata.annotations),
    ...validateFinalizers(metadata.finalizers),
    ...validateOwnerReferences(metadata.ownerReferences),
    ...validateServerSet(metadata),
  ];
}

function validateNames(kind: KindDefinition, metadata: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, namespace } = metadata;
  const isName = kind.kind === 'Namespace' ? isDNSLabel : isDNSSubdomain;
  const rule =
    kind.kind === 'Namespace'
      ? "a lower-case DNS label: letters, digits and '-', at most 63, first and last a letter or digit"
      : "a lower-case DNS name: letters, digits, '-' and '.', at most 253, first and last a letter or digit";
  if (name === undefined || name === '') {
    if (generateName === undefined || generateName === '') {
      errors.push({ path: 'metadata.name', reason: 'Required', message: 'name or generateName is required' });
    }
  } else if (typeof name !== 'string') {
    errors.push({ path: 'metadata.name', reason: 'TypeInvalid', message: wrongType('a string', 'name', name, true) });
  } else if (!isName(name)) {
    errors.push({ path: 'metadata.name', reason: 'Invalid', message: `${show(name)} must be ${rule}` });
  }
  if (generateName !== undefined && (typeof generateName !== 'string' || !isName(`${generateName}x`))) {
    errors.push({ path: 'metadata.generateName', reason: 'Invalid', message: `must be the start of ${rule}` });
  }
  if (namespace !== undefined && namespace !== '') {
    if (!kind.namespaced) {
      errors.push({ path: 'metadata.namespace', reason: 'Forbidden', message: `${kind.kind} is not namespaced` });
    } else if (typeof namespace !== 'string') {
      const message = wrongType('a string', 'namespace', namespace, true);
      errors.push({ path: 'metadata.namespace', reason: 'TypeInvalid', message });
    } else if (!isDNSLabel(namespace)) {
      errors.push({ path: 'metadata.namespace', reason: 'Invalid', message: 'must be a lower-case DNS label' });
    }
  }
  return errors;
}

function validateLabels(labels: unknown): FieldError[] {
  return validateStringMap('metadata.labels', labels, (path, value) =>
    value.length <= 63 && (value === '' || qualifiedName.test(value))
      ? []
      : [{ path, reason: 'Invalid', message: "a label value has at most 63 letters, digits, '-', '_' and '.'" }],
  );
}

function validateAnnotations(annotations: unknown): FieldError[] {
  const errors = validateStringMap('metadata.annotations', annotations, () => []);
  if (errors.length > 0 || !isMap(annotations)) return errors;
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + utf8Length(key + String(value)), 0);
  if (size <= maxAnnotationBytes) return [];
  return [
    { path: 'metadata.annotations', reason: 'TooLong', message: `must have at most ${maxAnnotationBytes} bytes` },
  ];
}

function validateFinalizers(finalizers: unknown): FieldError[] {
  if (finalizers === undefined) return [];
  if (!Array.isArray(finalizers)) {
    return [{ path: 'metadata.finalizers', reason: 'TypeInvalid', message: 'must be a list of strings' }];
  }
  return finalizers.flatMap((finalizer: unknown, index): FieldError[] =>
    typeof finalizer === 'string' && isQualifiedKey(finalizer) && finalizer.includes('/')
      ? []
      : [
          {
            path: `metadata.finalizers[${index}]`,
            reason: 'Invalid',
            message: 'must be a name with a domain, such as example.com/cleanup',
          },
        ],
  );
}

function validateStringMap(
  path: string,
  map: unknown,
  validateValue: (path: string, value: string) => FieldError[],
): FieldError[] {
  if (map === undefined) return [];
  if (!isMap(map)) return [{ path, reason: 'TypeInvalid', message: 'must be a map of strings' }];
  return Object.entries(map).flatMap(([key, value]): FieldError[] => {
    const entry = childPath(path, key);
    if (!isQualifiedKey(key)) {
      return [
        {
          path: entry,
          reason: 'Invalid',
          message: 'a key is a name of at most 63 characters, with an optional DNS prefix and "/"',
        },
      ];
    }
    if (typeof value !== 'string') {
      return [{ path: entry, reason: 'TypeInvalid', message: wrongType('a string', key, value, true) }];
    }
    return validateValue(entry, value);
  });
}

function isQualifiedKey(key: string): boolean {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  const prefixed = slash < 0 || isDNSSubdomain(key.slice(0, slash));
  return prefixed && name.length <= 63 && qualifiedName.test(name);
}

/** Control characters and length made harmless: a name ends up in logs and headers. */
const show = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
const utf8Length = (text: string): number => new TextEncoder().encode(text).length;
