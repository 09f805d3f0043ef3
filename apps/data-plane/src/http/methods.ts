import type { Operation } from '../surfaces/operation.js';

/** `HEAD` is a `GET` whose body node leaves out. */
export function takesMethod(operation: Operation, method: string | undefined): boolean {
  return method === operation.method || (method === 'HEAD' && operation.method === 'GET');
}

/** What the `allow` header says. */
export function allowedMethods({ method }: Operation): string {
  return method === 'GET' ? 'GET, HEAD, OPTIONS' : `${method}, OPTIONS`;
}
