import { z } from 'zod';
import { optionalWithDefault } from '../fields/defaults.js';
import { boundedText } from '../fields/text.js';

const entryName = boundedText(253, /^[-._a-zA-Z0-9]+$/, 'must be letters, digits, "-", "_" and "."');

/** One pass, however long the value: a group in front of `*` would cost a step of the matcher's stack for every four characters. */
const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

/** Of the Secrets that the control plane makes for itself (its CA, its keys). */
export const SYSTEM_SECRET_TYPE = 'signalbox.dev/system';

/** Members of a Secret, which has no spec (core/v1). */
export const secretContent = z.strictObject({
  data: z
    .record(
      entryName,
      z.string().refine(isBase64, {
        error: 'must be standard base64 with padding; for plain text use stringData',
      }),
    )
    .meta({ description: 'The entries in base64. Write-only: a read shows their names.' })
    .optional(),
  stringData: z
    .record(entryName, z.string())
    .meta({ description: 'Entries as plain text; merged into data on a write, where they win.' })
    .optional(),
  type: optionalWithDefault(
    z.string().min(1).max(253).meta({ description: 'For people and clients; nothing here depends on it.' }),
    'Opaque',
  ),
  immutable: optionalWithDefault(
    z.boolean().meta({ description: 'true: data and immutable itself can no longer change; only deletion is left.' }),
    false,
  ),
});
