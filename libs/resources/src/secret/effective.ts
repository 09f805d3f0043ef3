import type { z } from 'zod';
import { fill } from '../fields/defaults.js';
import type { ApiObject } from '#libs/apimachinery';
import { secretContent } from './schema.js';

/** A Secret with its type and immutability filled in. */
export function effectiveSecret(object: ApiObject): ApiObject {
  const { apiVersion, kind, metadata, ...content } = object;
  return { apiVersion, kind, metadata, ...fill(secretContent, content as z.infer<typeof secretContent>) };
}

/** Moves `stringData` into `data` and stores the type's default, which clients look at: as Kubernetes does on every write. Expects content that satisfies the schema. */
export function prepareSecret(object: ApiObject): ApiObject {
  const { stringData, ...rest }: ApiObject = { ...object, type: object['type'] || 'Opaque' };
  if (stringData === undefined) return rest;
  const data: Record<string, string> = { ...(object['data'] as Record<string, string> | undefined) };
  for (const [name, text] of Object.entries(stringData as Record<string, string>)) {
    data[name] = Buffer.from(text, 'utf8').toString('base64');
  }
  return { ...rest, data };
}
