import type { Fault } from '../exchange.js';
import type { FaultType } from '../provider/behaviour.js';
import * as content from './content.js';
import * as refusals from './refusals.js';
import * as transport from './transport.js';

export const faults: Readonly<Record<FaultType, Fault>> = {
  Reset: transport.reset,
  ResetMidStream: transport.resetMidStream,
  EndWithoutMarker: content.endWithoutMarker,
  ErrorMidStream: content.errorMidStream,
  StallFirstByte: transport.stallFirstByte,
  StallMidStream: transport.stallMidStream,
  RateLimited: refusals.rateLimited,
  QuotaExhausted: refusals.quotaExhausted,
  Unauthorized: refusals.unauthorized,
  Status: refusals.status,
  HalfJSON: content.halfJson,
  HTML: refusals.html,
  JSONInsteadOfStream: content.jsonInsteadOfStream,
  HugeFrame: content.hugeFrame,
  SplitBytes: content.splitBytes,
  Noise: content.noise,
  GzipBomb: transport.gzipBomb,
  Redirect: refusals.redirect,
};
