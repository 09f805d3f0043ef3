import { modelListText, modelText } from '../surfaces/openai/model-list.js';
import { GatewayError } from '../errors/error-table.js';
import type { Exchange } from '../exchange/exchange.js';

/** The models that the consumer may ask for by name. Globs in policies stand for names that nobody can list. */
export function handleListModels(exchange: Exchange): void {
  exchange.answer(200, 'application/json', modelListText(modelsOf(exchange)));
}

export function handleGetModel(exchange: Exchange, model: string): void {
  exchange.record.model = model;
  const { owner, table } = exchange;
  const route = owner === undefined ? undefined : table?.routeFor(owner, model);
  if (route === undefined || route === 'NotAllowed') {
    exchange.fail(new GatewayError('model_not_found', `The model '${model.slice(0, 200)}' does not exist.`, 'model'));
  } else exchange.answer(200, 'application/json', modelText(model));
}

function modelsOf({ owner, table }: Exchange): readonly string[] {
  if (owner === undefined || table === undefined) return [];
  const { namespace, labels } = owner.consumer;
  return table.view.models(namespace, labels).filter((model) => owner.mayUse(model));
}
