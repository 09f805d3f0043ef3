import type { BackendAuth } from '#libs/routing-table';

/** Adds the credential's header, where there is one. The value is found in nothing that outlives the call. */
export function addAuthHeader(headers: string[], auth: BackendAuth, value: string): void {
  switch (auth.type) {
    case 'Bearer':
      headers.push('authorization', `Bearer ${value}`);
      return;
    case 'Header':
      headers.push(auth.name, `${auth.prefix ?? ''}${value}`);
      return;
    case 'None':
  }
}
