import { apiVersionOf, didYouMean, type FieldError, isMap, type KindDefinition } from '#libs/apimachinery';
import { kindOf, kinds } from '#libs/resources';

/** The kind that a document says it is of, or what is wrong with what it says. */
export function knownKind(value: unknown): KindDefinition | { readonly errors: readonly FieldError[] } {
  if (!isMap(value)) {
    return refused({
      path: '',
      reason: 'TypeInvalid',
      message: 'must be an object with apiVersion, kind and metadata',
    });
  }
  const missing = (['apiVersion', 'kind'] as const).filter(
    (field) => typeof value[field] !== 'string' || value[field] === '',
  );
  if (missing.length > 0) {
    const message = 'is required and must be a string';
    return refused(...missing.map((path): FieldError => ({ path, reason: 'Required', message })));
  }
  const [apiVersion, kind] = [String(value.apiVersion), String(value.kind)];
  return kindOf(apiVersion, kind) ?? refused(noSuchKind(apiVersion, kind));
}

function noSuchKind(apiVersion: string, kind: string): FieldError {
  const namesake = kinds.find((other) => other.kind === kind);
  if (namesake) {
    const message = `must be ${apiVersionOf(namesake)} with kind ${kind}, not ${quoted(apiVersion)}`;
    return { path: 'apiVersion', reason: 'NotSupported', message };
  }
  const names = kinds.filter(({ readOnly }) => readOnly !== true).map((other) => other.kind);
  const hint = didYouMean(kind, names) || `; kinds: ${names.join(', ')}`;
  const message = `there is no kind ${quoted(kind)} in apiVersion ${quoted(apiVersion)}${hint}`;
  return { path: 'kind', reason: 'NotSupported', message };
}

const refused = (...errors: FieldError[]) => ({ errors });
/** Bounded, and harmless in logs and terminals. */
const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));
