/** A credential's value at a version. The value goes into one upstream request header and nowhere else. */
export interface ResolvedCredential {
  readonly id: string;
  readonly version: string;
  readonly value: string;
}

/** Values are resolved live, at each attempt: a revoked or rotated version starts no attempt. */
export interface CredentialSource {
  /** undefined: unknown, revoked or unreadable; the attempt must take another key. */
  resolve(id: string): ResolvedCredential | undefined;
}
