import type {
  EffectiveConsumerSpec,
  EffectiveKeyPoolSpec,
  EffectiveProviderSpec,
  EffectiveRoutePolicySpec,
} from '#libs/resources';
import type { BackendEntry, Entry } from '#libs/routing-table';
import type { Finding } from '../conditions/finding.js';

/** An object that passed every check of its own, with its defaults. */
export interface Resource<Spec> {
  /** First, as it is what most often tells two states of an object apart. */
  readonly generation: number;
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `<namespace>/<name>`: what references and entries know it by. */
  readonly key: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
  readonly spec: Spec;
}

/** An object that exists and failed a check: a stored one may be older than a rule. */
export interface Refused {
  readonly generation: number;
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly findings: readonly Finding[];
}

export interface CompiledKinds {
  readonly Provider: EffectiveProviderSpec;
  readonly KeyPool: EffectiveKeyPoolSpec;
  readonly RoutePolicy: EffectiveRoutePolicySpec;
  readonly Consumer: EffectiveConsumerSpec;
}
export type CompiledKind = keyof CompiledKinds;

type ObjectFacts = { readonly [Kind in CompiledKind]: Resource<CompiledKinds[Kind]> | Refused };

/** What has one author a key: the inputs, by `<namespace>/<name>` or credential id, and what concerns find out. */
export interface Facts extends ObjectFacts {
  /** Whether a Secret's entry can be used as a key; absent: there is none. Apart from its version, which rotates. */
  readonly secret: { readonly problem?: string };
  readonly secretVersion: string;
  /** Models of a Provider that pools may use, in its order. */
  readonly provider: readonly string[];
  /** What all backends of a Provider have in common. */
  readonly providerBackend: ProviderBackend;
  readonly pool: PoolState;
  readonly route: CompiledRoute;
  /** Who takes all that a policy could get of a pattern, by `<policy> <pattern>`; absent: nobody. */
  readonly loss: Contender;
}

/** What many may want, by key. */
export interface Claims {
  /** Policies, by `<namespace>/<pattern>`. */
  readonly pattern: Contender;
  /** Consumers, by the digest of an API key. */
  readonly digest: Contender;
  /** Routes that use a backend, by its id. */
  readonly backend: BackendUse;
  /** Key pools that use a credential, by its id. */
  readonly credential: CredentialSource;
}

export type FactSpace = keyof Facts;
export type ClaimSpace = keyof Claims;

/** What decides between two objects that want the same. */
export interface Contender {
  readonly key: string;
  readonly creationTimestamp: string;
  readonly matchLabels?: Readonly<Record<string, string>>;
}

export interface ProviderBackend {
  readonly shared: Omit<BackendEntry, 'id' | 'model' | 'upstreamName' | 'keyPool' | 'breakerId'>;
  readonly upstreamNames: Readonly<Record<string, string>>;
}

export type PoolState =
  | {
      /** Key of the Provider. */
      readonly provider: string;
      readonly models: readonly string[];
      /** Models that some key with a weight serves. */
      readonly served: ReadonlySet<string>;
    }
  | { readonly unusable: string };

export interface CompiledRoute {
  readonly generation: number;
  readonly id: string;
  readonly key: string;
  readonly patterns: readonly string[];
  readonly creationTimestamp: string;
  readonly entry: Entry;
  readonly backends: readonly BackendUse[];
  readonly findings: readonly Finding[];
}

export interface BackendUse {
  readonly id: string;
  readonly pool: string;
  readonly provider: string;
  readonly model: string;
}

export type CredentialSource = { readonly secret: true } | { readonly env: string } | { readonly file: string };
