import type { EffectiveConsumerSpec } from '#libs/resources';
import type { ConsumerEntry } from '#libs/routing-table';
import type { DraftEntry } from './draft-entry.js';
import type { Finding } from './finding.js';
import { byAge, type Intake, type Resource, whyFirst } from './intake.js';

type Consumer = Resource<EffectiveConsumerSpec>;

/**
 * Consumers with the keys that are theirs. A digest stands for one consumer in the whole fleet: the older keeps it. A
 * disabled consumer keeps its digests too, or disabling it would hand its key to somebody else.
 */
export function compileConsumers({ resources }: Intake): { drafts: DraftEntry[]; findings: Finding[] } {
  const owners = new Map<string, Consumer>();
  const drafts: DraftEntry[] = [];
  const findings: Finding[] = [];
  for (const consumer of [...resources.Consumer.values()].sort(byAge)) {
    const keys = consumer.spec.keys.filter(({ name, sha256 }) => {
      const owner = owners.get(sha256);
      if (owner === undefined) {
        owners.set(sha256, consumer);
        return true;
      }
      findings.push({
        object: consumer.id,
        type: 'Accepted',
        reason: 'Conflicted',
        message:
          `Key "${name}" is left out, as Consumer ${owner.key}, ${whyFirst(owner, consumer)}, has the same key; ` +
          'make a new one with `signalbox consumer key`',
      });
      return false;
    });
    if (!consumer.spec.enabled || keys.length === 0) continue;
    drafts.push({ kind: 'Consumer', key: consumer.key, value: consumerEntry(consumer, keys) });
  }
  return { drafts, findings };
}

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
