import type { Scope } from '#libs/apimachinery';
import type { Identity } from './identity.js';

/** Verbs of the API; `allow-insecure` and `allow-private-network` are needed beside create or update by some specs. */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'allow-insecure'
  | 'allow-private-network';

/** What is asked for. */
export type Attributes =
  | {
      readonly type: 'resource';
      readonly verb: Verb | (string & {});
      readonly group: string;
      /** Plural name. */
      readonly resource: string;
      readonly subresource?: string;
      readonly scope: Scope;
      readonly name?: string;
    }
  /** A path that is no resource: `/metrics`, `/version`. */
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

export interface Verdict {
  readonly allowed: boolean;
  /** One sentence for people. */
  readonly reason: string;
}

export interface Authorizer {
  authorize(identity: Identity, attributes: Attributes): Verdict;
}
