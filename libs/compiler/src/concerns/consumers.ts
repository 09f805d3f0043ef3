import type { EffectiveConsumerSpec } from '#libs/resources';
import type { ConsumerEntry } from '#libs/routing-table';
import type { Finding } from '../conditions/finding.js';
import { forEachFact } from './concern.js';
import { byAge, contenderOf, whyFirst } from './contest.js';
import { encodeEntry } from './entry.js';
import { forEachObject, report } from './per-object.js';
import type { Resource } from './spaces.js';

type Consumer = Resource<EffectiveConsumerSpec>;

/** A disabled consumer keeps its digests too, or disabling it would hand its key to somebody else. */
export const consumerKeys = forEachFact('consumer keys', 'Consumer', (consumer) => {
  if ('findings' in consumer) return {};
  const value = contenderOf(consumer);
  return { claims: consumer.spec.keys.map(({ sha256 }) => ({ space: 'digest', key: sha256, value })) };
});

/** Consumers with the keys that are theirs. A digest stands for one consumer in the whole fleet: the older keeps it. */
export const consumers = forEachObject('consumers', 'Consumer', (consumer, look) => {
  const findings: Finding[] = [];
  const keys = consumer.spec.keys.filter(({ name, sha256 }) => {
    const owner = look.claims('digest', sha256).reduce((first, other) => (byAge(first, other) <= 0 ? first : other));
    if (owner.key === consumer.key) return true;
    findings.push({
      type: 'Accepted',
      reason: 'Conflicted',
      message:
        `Key "${name}" is left out, as Consumer ${owner.key}, ${whyFirst(owner, consumer)}, has the same key; ` +
        'make a new one with `signalbox consumer key`',
    });
    return false;
  });
  const isServed = consumer.spec.enabled && keys.length > 0;
  return {
    ...report(consumer, findings),
    entries: isServed ? [encodeEntry('Consumer', consumer.key, consumerEntry(consumer, keys))] : [],
  };
});

function consumerEntry(
  { namespace, name, labels, spec }: Consumer,
  keys: EffectiveConsumerSpec['keys'],
): ConsumerEntry {
  const maxConcurrency = spec.limits?.concurrency;
  return {
    namespace,
    name,
    labels,
    keys,
    ...(spec.models !== undefined && { models: [...spec.models].sort() }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    exposeRouting: spec.exposeRouting,
  };
}
