import { z } from 'zod';

/** Every way a simulated provider can go wrong on demand. What each does stands beside its code in `faults/`. */
export const faultTypes = [
  'Reset',
  'ResetMidStream',
  'EndWithoutMarker',
  'ErrorMidStream',
  'StallFirstByte',
  'StallMidStream',
  'RateLimited',
  'QuotaExhausted',
  'Unauthorized',
  'Status',
  'HalfJSON',
  'HTML',
  'JSONInsteadOfStream',
  'HugeFrame',
  'SplitBytes',
  'Noise',
  'GzipBomb',
  'Redirect',
] as const;
export type FaultType = (typeof faultTypes)[number];

const faultSchema = z.strictObject({
  type: z.enum(faultTypes),
  /** Only requests for this model. */
  model: z.string().optional(),
  /** Only requests made with this API key. */
  key: z.string().optional(),
  /** Only the next so many requests; absent: until removed. */
  count: z.int().positive().optional(),
  /** Share of the requests it strikes, drawn from a seeded source. */
  percent: z.number().min(0).max(100).default(100),
  /** `Status`, `HTML`: the status to answer; `Redirect`: 302 and the like. */
  status: z.int().min(200).max(599).optional(),
  /** Streams: content frames sent before it strikes. */
  afterTokens: z.int().min(0).default(1),
  /** `RateLimited`: verbatim header values. */
  retryAfter: z.string().optional(),
  retryAfterMs: z.string().optional(),
  /** `Redirect`: the Location. */
  location: z.string().optional(),
  /** `HugeFrame`, `GzipBomb`: size in bytes once expanded. */
  bytes: z
    .int()
    .positive()
    .default(50 * 1024 * 1024),
});
export type FaultSpec = z.infer<typeof faultSchema>;

const keySchema = z.strictObject({
  requestsPerMinute: z.int().positive().optional(),
  tokensPerMinute: z.int().positive().optional(),
  concurrency: z.int().positive().optional(),
  /** Answers 401, as a revoked key does. */
  revoked: z.boolean().default(false),
});
export type KeyLimits = z.infer<typeof keySchema>;

/** How one simulated provider behaves; sent to `PUT /_control/providers/{name}`, where an absent field is its default. */
export const behaviourSchema = z.strictObject({
  models: z.array(z.string()).default(['sim-small', 'sim-large']),
  /** Milliseconds from the request to the first byte. */
  latencyMs: z.number().min(0).max(600_000).default(0),
  /** Pace of a stream after its first token; 0: all at once, one write a frame. */
  tokensPerSecond: z.number().min(0).default(0),
  /** Length of an answer in tokens; absent: as the text comes out. */
  answerTokens: z.int().min(1).max(100_000).optional(),
  /** Accepted keys and their limits; absent: any key, without limits. */
  keys: z.record(z.string(), keySchema).optional(),
  /** Limits of keys that `keys` doesn't name. */
  defaultLimits: keySchema.optional(),
  /** The first that applies strikes. */
  faults: z.array(faultSchema).default([]),
});
export type Behaviour = z.infer<typeof behaviourSchema>;
