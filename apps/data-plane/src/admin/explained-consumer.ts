import { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import type { ConsumerLimiters } from '../state/consumer-limiter.js';
import { ConsumerLimiter } from '../state/consumer-limiter.js';
import type { TableView } from '../table/table-view.js';
import { AdminError } from './admin-route.js';
import type { ExplainRequest } from './explain-request.js';

/** Who would ask, without a key. Counts nothing and makes no state. Throws a 400 that names the field. */
export function explainedConsumer(
  view: TableView,
  limiters: ConsumerLimiters,
  { consumer: name, keySha256 = '' }: Pick<ExplainRequest, 'consumer' | 'keySha256'>,
): AuthenticatedConsumer {
  const named = name === undefined ? undefined : view.consumer(name);
  const owner = named ? { consumer: named, keyName: '' } : view.ownerOf(keySha256);
  if (owner === undefined) {
    // No 404: that is an address which isn't there, and whoever asks would look for the fault in the address.
    const what =
      name === undefined ? 'keySha256: the table has no such key' : 'consumer: the table has no such consumer';
    throw new AdminError(400, `${what}, or it is disabled; signalbox get consumers -A shows those that there are`);
  }
  const { namespace, name: own } = owner.consumer;
  const limiter = limiters.byId.find(`${namespace}/${own}`) ?? new ConsumerLimiter();
  return new AuthenticatedConsumer(owner, keySha256, limiter);
}
