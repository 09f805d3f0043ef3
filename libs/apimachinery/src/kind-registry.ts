import { apiVersionOf, type KindDefinition } from './kind.js';

/** The kinds that a server serves, as a value: whoever iterates or looks up kinds is handed one. */
export class KindRegistry {
  /** In the order in which they were given: that of discovery, and of what is listed kind by kind. */
  readonly all: readonly KindDefinition[];
  readonly #byType: ReadonlyMap<string, KindDefinition>;
  readonly #byResource: ReadonlyMap<string, KindDefinition>;
  readonly #byStoredName: ReadonlyMap<string, KindDefinition>;

  /** Throws where two kinds would answer to one name, or be stored under one, and where values of a Secret could be read from the disk. */
  constructor(kinds: readonly KindDefinition[]) {
    for (const kind of kinds) checkStorage(kind);
    this.all = kinds;
    this.#byType = indexed(kinds, (kind) => `${apiVersionOf(kind)} ${kind.kind}`);
    this.#byResource = indexed(kinds, ({ group, version, plural }) => `${group}/${version}/${plural}`);
    this.#byStoredName = indexed(kinds, ({ group, kind }) => `${group}/${kind}`);
  }

  /** By the two fields that every object carries; undefined: no such kind. */
  find(apiVersion: string, kind: string): KindDefinition | undefined {
    return this.#byType.get(`${apiVersion} ${kind}`);
  }

  /** By the parts of a resource's path (`/apis/<group>/<version>/.../<plural>`); undefined: no such resource. */
  findResource(group: string, version: string, plural: string): KindDefinition | undefined {
    return this.#byResource.get(`${group}/${version}/${plural}`);
  }

  /** By what a row of the store says; undefined: stored by a version of the product that knows more kinds. */
  findStored(group: string, kind: string): KindDefinition | undefined {
    return this.#byStoredName.get(`${group}/${kind}`);
  }

  /** '' for the core group. */
  get groups(): readonly string[] {
    return [...new Set(this.all.map(({ group }) => group))];
  }

  inGroup(group: string): readonly KindDefinition[] {
    return this.all.filter((kind) => kind.group === group);
  }
}

/** Revisions are stored as they are. */
function checkStorage({ kind, sensitive = false, storage }: KindDefinition): void {
  if (sensitive && !storage.encrypted) throw new Error(`${kind} is sensitive, so its storage must be encrypted`);
  if (storage.encrypted && storage.revisions)
    throw new Error(`${kind} is encrypted, so no revisions of it can be kept`);
}

function indexed(kinds: readonly KindDefinition[], keyOf: (kind: KindDefinition) => string) {
  const index = new Map<string, KindDefinition>();
  for (const kind of kinds) {
    const key = keyOf(kind);
    if (index.has(key)) throw new Error(`two kinds are called ${key}`);
    index.set(key, kind);
  }
  return index;
}
