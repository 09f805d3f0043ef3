import { z } from 'zod';

/** Clients send an empty spec with every Namespace (core/v1); it has nothing to configure. */
export const namespaceContent = z.strictObject({
  spec: z.strictObject({}).meta({ description: 'Empty.' }).optional(),
});
