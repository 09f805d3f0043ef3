import type { FieldError } from '#libs/apimachinery';
import { durationMs } from '../fields/duration.js';
import type { EffectiveKeyPoolSpec, EffectivePoolKey } from './schema.js';

export function validateKeyPool(spec: EffectiveKeyPoolSpec): FieldError[] {
  return [...spec.keys.flatMap(sourceOf), ...weightsOf(spec), ...quotaGroupsOf(spec), ...cooldownOf(spec)];
}

function sourceOf({ valueFrom }: EffectivePoolKey, index: number): FieldError[] {
  const path = `spec.keys[${index}].valueFrom`;
  const sources = Object.keys(valueFrom);
  if (sources.length === 1) return [];
  if (sources.length === 0) {
    return [{ path, reason: 'Required', message: 'say where the value is: one of secretKeyRef, env and file' }];
  }
  return [{ path, reason: 'Invalid', message: `has ${sources.join(' and ')}; keep exactly one of them` }];
}

/** Disabled keys don't count: enabling one must not be the only way to make an edit of the others valid. */
function weightsOf({ keys }: EffectiveKeyPoolSpec): FieldError[] {
  const enabled = keys.filter((key) => key.enabled);
  if (enabled.length === 0 || enabled.some((key) => key.weight > 0)) return [];
  return [
    {
      path: 'spec.keys',
      reason: 'Invalid',
      message: 'the weights of the enabled keys add up to 0; give at least one a weight above 0, or disable them',
    },
  ];
}

function quotaGroupsOf({ keys }: EffectiveKeyPoolSpec): FieldError[] {
  const first = new Map<string, EffectivePoolKey>();
  return keys.flatMap((key, index): FieldError[] => {
    const other = first.get(key.quotaGroup);
    if (other === undefined) {
      first.set(key.quotaGroup, key);
      return [];
    }
    if (other.limits?.concurrency === key.limits?.concurrency) return [];
    return [
      {
        path: `spec.keys[${index}].limits.concurrency`,
        reason: 'Invalid',
        message: `keys "${other.name}" and "${key.name}" share the quota group "${key.quotaGroup}", so their limits must be equal`,
      },
    ];
  });
}

function cooldownOf({ cooldown: { rateLimit, maxRateLimit } }: EffectiveKeyPoolSpec): FieldError[] {
  if (durationMs(rateLimit) <= durationMs(maxRateLimit)) return [];
  return [
    { path: 'spec.cooldown.maxRateLimit', reason: 'Invalid', message: `must be at least rateLimit (${rateLimit})` },
  ];
}

export function keyPoolWarnings({ keys }: EffectiveKeyPoolSpec): string[] {
  if (keys.some((key) => key.enabled)) return [];
  return ['spec.keys: no key is enabled, so no route can use this pool'];
}
