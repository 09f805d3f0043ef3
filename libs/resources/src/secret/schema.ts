import { z } from 'zod';
import { optionalWithDefault } from '../fields/defaults.js';

const entryName = z
  .string()
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/, { error: 'must be letters, digits, "-", "_" and "."' });

/** Members of a Secret, which has no spec (core/v1). */
export const secretContent = z.strictObject({
  data: z
    .record(
      entryName,
      z.string().regex(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
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
