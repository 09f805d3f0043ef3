import { AuthenticatedConsumer } from '../consumers/authenticated-consumer.js';
import type { ConsumerLimiters } from '../state/consumer-limiter.js';
import { ConsumerLimiter } from '../state/consumer-limiter.js';
import type { TableView } from '../table/table-view.js';
import { AdminError } from './admin-route.js';
import type { ExplainRequest } from './explain-request.js';

/** Who would ask, without a key. Counts nothing and makes no state. Throws a 404. */
export function explainedConsumer(
  view: TableView,
  limiters: ConsumerLimiters,
  { consumer: name, keySha256 = '' }: Pick<ExplainRequest, 'consumer' | 'keySha256'>,
): AuthenticatedConsumer {
  const named = name === undefined ? undefined : view.consumer(name);
  const owner = named ? { consumer: named, keyName: '' } : view.ownerOf(keySha256);
  if (owner === undefined) {
    const what = name === undefined ? 'a key of this digest' : `the consumer ${name}`;
    throw new AdminError(404, `the table has not ${what}; signalbox get consumers -A shows those that there are`);
  }
  const { namespace, name: own } = owner.consumer;
  const limiter = limiters.byId.find(`${namespace}/${own}`) ?? new ConsumerLimiter();
  return new AuthenticatedConsumer(owner, keySha256, limiter);
}
