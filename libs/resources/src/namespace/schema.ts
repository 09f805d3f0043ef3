import { z } from 'zod';
import { conditionsStatus } from '../fields/conditions.js';

/** Clients send an empty spec with every Namespace (core/v1); it has nothing to configure. */
export const namespaceContent = z.strictObject({
  spec: z.strictObject({}).meta({ description: 'Empty.' }).optional(),
});

/** The phase follows from the deletion and isn't stored; clients send it back as they read it. */
export const namespaceStatus = conditionsStatus
  .extend({
    phase: z.enum(['Active', 'Terminating']).meta({ description: 'Terminating once it is being deleted.' }).optional(),
  })
  .meta({ description: 'Written by the control plane.' });
