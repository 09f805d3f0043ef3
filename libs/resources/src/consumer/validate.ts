import type { FieldError } from '#libs/apimachinery';
import type { EffectiveConsumerSpec } from './schema.js';

export function validateConsumer({ keys }: EffectiveConsumerSpec): FieldError[] {
  const first = new Map<string, string>();
  return keys.flatMap(({ name, sha256 }, index): FieldError[] => {
    const other = first.get(sha256);
    if (other === undefined) {
      first.set(sha256, name);
      return [];
    }
    return [
      {
        path: `spec.keys[${index}].sha256`,
        reason: 'Duplicate',
        message: `is the digest of the key "${other}" as well; remove one of the two`,
      },
    ];
  });
}

export function consumerWarnings({ keys, enabled }: EffectiveConsumerSpec): string[] {
  if (keys.length > 0 || !enabled) return [];
  return [
    'spec.keys: there is no key, so no request can be from this consumer; make one with `signalbox consumer key`',
  ];
}
