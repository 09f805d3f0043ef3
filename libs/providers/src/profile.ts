import type { Outcome, UpstreamResult } from '#libs/inference';
import type { BackendAuth } from '#libs/routing-table';
import type { ErrorRules } from './classify/error-rules.js';

/** What rate-limit headers tell of one quota. Absent: not told. */
export interface QuotaSignal {
  readonly limit?: number;
  readonly remaining?: number;
  /** Milliseconds until it is full again, from now. */
  readonly resetMs?: number;
}

/** What an answer, good or bad, tells of the key's limits. */
export interface Signal {
  readonly requests: QuotaSignal;
  readonly tokens: QuotaSignal;
  /** What the upstream asked for, clamped to a day. */
  readonly retryAfterMs?: number;
}

/** All that is particular to one vendor. A new vendor is a file in profiles/ and a line in the registry. */
export interface ProviderProfile {
  readonly vendor: string;
  /** Name of the dialect it speaks. */
  readonly dialect: string;
  readonly defaults: { readonly baseURL?: string };
  readonly auth: BackendAuth;
  /** `nowMs`: epoch, for dates in headers. */
  classify(result: UpstreamResult, nowMs: number): Outcome;
  /** `headers` by lower-case name. */
  parseRateLimit(headers: Readonly<Record<string, string>>, body: string, nowMs: number): Signal;
}

/** The vendor's particulars from which a profile of the OpenAI family is made. */
export interface OpenAILikeVendor {
  readonly vendor: string;
  readonly baseURL?: string;
  /** Consulted before the family's own rules. */
  readonly errors: ErrorRules;
  /** How numbers without a unit in `x-ratelimit-reset*` are meant. */
  readonly resetUnit: 'Seconds' | 'EpochMs';
}
