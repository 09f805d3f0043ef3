import { z } from 'zod';
import { commandResults, MAX_LINE_LENGTH, MAX_TRACE_PARENTS, MAX_UNRESOLVED } from './messages.js';

/**
 * What a frame's JSON header must look like, by type. Members that we don't know are ignored, so that a newer peer may
 * add some; everything else is checked and capped.
 */
const count = z.int().nonnegative();
const name = z.string().min(1).max(253);
const version = z.string().regex(/^[0-9a-f]{1,64}$/);
const line = z.string().max(MAX_LINE_LENGTH);
const commandId = z.string().min(1).max(64);
const action = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ResetBreaker'), namespace: name, provider: name, model: line }),
  z.object({ type: z.literal('ResetCooldown'), namespace: name, pool: name, key: line }),
]);
const traceParents = z
  .array(z.string().regex(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/))
  .max(MAX_TRACE_PARENTS);
const publication = { nonce: z.int().positive(), revision: count, version, traceParents };

export const credentialsPayload = z.object({
  values: z.array(z.object({ id: z.string(), version: z.string(), value: z.string() })),
  revoked: z.array(z.string()),
});

export const fromControlPlaneHeader = z.discriminatedUnion('type', [
  z.object({ type: z.literal('credentials') }),
  z.object({ type: z.literal('full'), ...publication, schemaVersion: z.int().positive(), entries: count }),
  z.object({ type: z.literal('delta'), ...publication, baseVersion: version, upserts: count, removals: count }),
  z.object({ type: z.literal('bookmark'), ...publication }),
  z.object({ type: z.literal('command'), id: commandId, action }),
]);

export const fromDataPlaneHeader = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    name: name.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
    uid: name,
    instance: name,
    schemaVersions: z.array(z.int().positive()).min(1).max(32),
    version: version.optional(),
    revision: count.optional(),
    software: name,
    commands: z.array(name).max(64).optional(),
  }),
  z.object({ type: z.literal('ack'), nonce: z.int().positive(), revision: count, version }),
  z.object({ type: z.literal('nack'), nonce: z.int().positive(), revision: count, reason: line }),
  z.object({
    type: z.literal('report'),
    sequence: count,
    unresolvedCredentials: z.array(z.object({ id: line, reason: line })).max(MAX_UNRESOLVED),
    snapshotFailure: z.object({ reason: line }).optional(),
  }),
  z.object({ type: z.literal('commandAnswer'), id: commandId, result: z.enum(commandResults), message: line }),
]);
