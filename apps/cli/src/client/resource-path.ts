import { kinds } from '#libs/resources';
import { didYouMean, type KindDefinition } from '#libs/apimachinery';
import { CliError, exitCodes } from '../cli-error.js';

/** A kind by any of its names, in any case: `routepolicies`, `routepolicy`, `rp`, `RoutePolicy`. Throws a CliError. */
export function findKind(name: string): KindDefinition {
  const wanted = name.toLowerCase();
  const found = kinds.find((kind) =>
    [kind.plural, kind.singular, kind.kind.toLowerCase(), ...kind.shortNames].includes(wanted),
  );
  if (found) return found;
  const known = kinds.map((kind) => [kind.plural, ...kind.shortNames].join('|')).join(', ');
  const names = kinds.flatMap((kind) => [kind.plural, kind.singular]);
  throw new CliError(`There is no kind "${name}"${didYouMean(name, names) || '.'}`, {
    exitCode: exitCodes.usage,
    hints: [`Kinds: ${known}`],
  });
}

/** The Kubernetes path of a kind's collection, or of one object. `namespace` '' means all namespaces. */
export function resourcePath(kind: KindDefinition, namespace: string, name?: string): string {
  const group = kind.group === '' ? '/api/v1' : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${group}${scope}/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

export interface ObjectReference {
  readonly kind: KindDefinition;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** `providers alpha beta` or `provider/alpha keypool/beta`, as kubectl takes them. Throws a CliError. */
export function objectReferences(args: readonly string[], namespace: string): ObjectReference[] {
  const of = (kindName: string, name: string): ObjectReference => {
    const kind = findKind(kindName);
    return { kind, namespace: kind.namespaced ? namespace : '', name };
  };
  const [first = '', ...names] = args;
  if (first.includes('/')) {
    return args.map((arg) => {
      const [kindName = '', name = '', ...more] = arg.split('/');
      if (name === '' || more.length > 0) {
        throw new CliError(`"${arg}" is not of the form KIND/NAME.`, { exitCode: exitCodes.usage });
      }
      return of(kindName, name);
    });
  }
  if (names.length === 0) throw new CliError(`Name the ${findKind(first).singular}.`, { exitCode: exitCodes.usage });
  return names.map((name) => of(first, name));
}

/** `provider/alpha`: how the commands name an object. */
export function referenceText({ kind, name }: Pick<ObjectReference, 'kind' | 'name'>): string {
  return `${kind.group === '' ? kind.singular : `${kind.singular}.${kind.group}`}/${name}`;
}
