import { z } from 'zod';
import { boundedText } from './text.js';

/** DNS-1123 subdomain: what a resource of this group may be called. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const resourceName = (description: string): z.ZodString =>
  boundedText(253, subdomain, 'must be a resource name: lower-case letters, digits, "-" and ".", as in my-pool').meta({
    description,
  });

/** A name within one object: of a key, a rule, a header list's owner. Becomes part of ids, metrics and span names. */
export const itemName = (description: string): z.ZodString =>
  boundedText(
    63,
    /^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$/,
    'must be letters, digits, "-", "_" and ".", starting and ending with a letter or digit',
  ).meta({ description });

/** Printable ASCII without blanks and `*`: what providers call their models, slashes and colons included. */
export const modelName = (description: string): z.ZodString =>
  boundedText(253, /^[!-)+-~]+$/, 'must be a model name: printable characters without blanks and "*"').meta({
    description,
  });

/**
 * A model name in which one `*` may stand for any run of characters. With at most one, of two patterns with equally long
 * literal parts neither can hide the other, so the order of matching never depends on a tie-break that hides a policy.
 */
export const modelPattern = (description: string): z.ZodString =>
  boundedText(
    253,
    /^[!-)+-~]*(\*[!-)+-~]*)?$/,
    'must be a model name or a pattern with one "*", such as gpt-*, without blanks',
  )
    .min(1, { error: 'must not be empty; "*" means every model' })
    .meta({ description });

export const reference = (kind: string): z.ZodObject<{ name: z.ZodString }, z.core.$strict> =>
  z
    .strictObject(
      { name: resourceName(`Name of the ${kind}.`) },
      { error: objectLike((text) => `{name: ${nameOr(text, 'my-object')}}`) },
    )
    .meta({ description: `A ${kind} in the same namespace.`, 'x-kubernetes-map-type': 'atomic' });

/**
 * The message for text where an object is expected, which is what people write who know the short form of other systems.
 * `example` is the line to write instead; it may repeat the text only where that can't be a secret.
 */
export const objectLike =
  (example: (text: string) => string) =>
  ({ code, input }: { readonly code?: string; readonly input?: unknown }): string | undefined =>
    code === 'invalid_type' && typeof input === 'string' ? `must be an object, not text: ${example(input)}` : undefined;

/** A name short and plain enough to stand in a message; `fallback` in place of any other. */
export const nameOr = (text: string, fallback: string): string =>
  /^[A-Za-z0-9][-A-Za-z0-9._:/@]{0,79}$/.test(text.slice(0, 81)) ? text : fallback;
