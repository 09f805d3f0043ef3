/** The models API's objects (platform.openai.com/docs/api-reference/models). `created` is required; ours have no date. */
interface Model {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

function model(id: string): Model {
  return { id, object: 'model', created: 0, owned_by: 'signalbox' };
}

/** Bodies, as the Latin-1 view of their UTF-8 bytes. */
export function modelText(id: string): string {
  return Buffer.from(JSON.stringify(model(id))).toString('latin1');
}

export function modelListText(ids: readonly string[]): string {
  return Buffer.from(JSON.stringify({ object: 'list', data: ids.map(model) })).toString('latin1');
}
