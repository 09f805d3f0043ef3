import type { FieldError } from '#libs/apimachinery';
import { durationMs } from '../fields/duration.js';
import { baseURLErrors } from './base-url.js';
import type { EffectiveProviderSpec, ProviderSpec } from './schema.js';

/** Set by the connection or the request itself: a fixed value would break framing, routing or decoding. */
const reservedHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers whose value is a credential: a secret is never inline in a spec. */
const credentialHeaders = new Set([
  'api-key',
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-goog-api-key',
]);

export function validateProvider(spec: EffectiveProviderSpec): FieldError[] {
  return [...vendorOf(spec), ...baseURLOf(spec), ...authOf(spec), ...headersOf(spec), ...breakerOf(spec)];
}

function vendorOf({ type, vendor }: EffectiveProviderSpec): FieldError[] {
  if (type !== 'OpenAI' || vendor === type) return [];
  return [
    {
      path: 'spec.vendor',
      reason: 'Invalid',
      message: `must be OpenAI with type OpenAI; for ${vendor} set spec.type: OpenAICompatible`,
    },
  ];
}

function baseURLOf(spec: EffectiveProviderSpec): FieldError[] {
  if (spec.baseURL !== undefined) return baseURLErrors(spec.baseURL, spec);
  return [
    {
      path: 'spec.baseURL',
      reason: 'Required',
      message: `vendor ${spec.vendor} has no address of its own; set the URL of its API, such as https://api.example.com/v1`,
    },
  ];
}

function authOf(spec: EffectiveProviderSpec): FieldError[] {
  const { type, name, prefix } = spec.auth;
  if (type === 'Header') {
    if (name === undefined) {
      return [{ path: 'spec.auth.name', reason: 'Required', message: 'type Header needs the name of the header' }];
    }
    if (reservedHeaders.has(name.toLowerCase())) {
      return [{ path: 'spec.auth.name', reason: 'Forbidden', message: 'this header is set by the connection itself' }];
    }
    return [];
  }
  const errors: FieldError[] = [];
  const unused = `is used with type Header only; remove it, or set spec.auth.type: Header`;
  if (name !== undefined) errors.push({ path: 'spec.auth.name', reason: 'Forbidden', message: unused });
  if (prefix !== undefined) errors.push({ path: 'spec.auth.prefix', reason: 'Forbidden', message: unused });
  return errors;
}

function headersOf(spec: EffectiveProviderSpec): FieldError[] {
  const authHeader = spec.auth.type === 'Header' ? spec.auth.name?.toLowerCase() : undefined;
  return (spec.headers ?? []).flatMap(({ name }, index): FieldError[] => {
    const lower = name.toLowerCase();
    const refuse = (message: string): FieldError[] => [
      { path: `spec.headers[${index}].name`, reason: 'Forbidden', message },
    ];
    if (lower === authHeader || credentialHeaders.has(lower)) {
      return refuse('carries a credential; put the key into a KeyPool, and say in spec.auth how it is sent');
    }
    if (reservedHeaders.has(lower)) return refuse('is set by the connection itself; remove it');
    return [];
  });
}

function breakerOf({ circuitBreaker: { openFor, maxOpenFor } }: EffectiveProviderSpec): FieldError[] {
  if (durationMs(openFor) <= durationMs(maxOpenFor)) return [];
  return [
    {
      path: 'spec.circuitBreaker.maxOpenFor',
      reason: 'Invalid',
      message: `must be at least openFor (${openFor})`,
    },
  ];
}

export function validateProviderUpdate(stored: Partial<ProviderSpec>, next: EffectiveProviderSpec): FieldError[] {
  if (stored.type === undefined || stored.type === next.type) return [];
  return [
    {
      path: 'spec.type',
      reason: 'Forbidden',
      message: `is immutable (${stored.type}); create a provider of the new type under another name`,
    },
  ];
}

export function providerVerbs(spec: EffectiveProviderSpec): { verb: string; path: string }[] {
  return [
    ...(spec.allowInsecure ? [{ verb: 'allow-insecure', path: 'spec.allowInsecure' }] : []),
    ...(spec.allowPrivateNetwork ? [{ verb: 'allow-private-network', path: 'spec.allowPrivateNetwork' }] : []),
  ];
}

export function providerWarnings(spec: EffectiveProviderSpec): string[] {
  const { connect, firstByte, streamIdle, request } = spec.timeouts;
  const whole = durationMs(request);
  return Object.entries({ connect, firstByte, streamIdle })
    .filter(([, value]) => durationMs(value) > whole)
    .map(([name, value]) => `spec.timeouts.${name}: ${value} never passes, as request ends after ${request}`);
}
