import { GatewayError } from '../errors/error-table.js';
import type { Exchange } from '../exchange/exchange.js';
import type { Accepted } from './handle-inference.js';

/** The models that the consumer may ask for by name. Globs in policies stand for names that nobody can list. */
export function handleListModels(exchange: Exchange, { table, consumer }: Accepted): void {
  const { namespace, labels } = consumer.consumer;
  const models = table.view.models(namespace, labels).filter((model) => consumer.mayUse(model));
  const { surface } = exchange;
  exchange.answered(200, surface.bodyType, surface.modelList(models));
}

export function handleGetModel(exchange: Exchange, { table, consumer }: Accepted, model: string): void {
  exchange.record.model = model;
  const route = table.routeFor(consumer, model);
  if (route === undefined || route === 'NotAllowed') {
    exchange.fail(new GatewayError('model_not_found', `The model '${model.slice(0, 200)}' does not exist.`, 'model'));
  } else exchange.answered(200, exchange.surface.bodyType, exchange.surface.model(model));
}
