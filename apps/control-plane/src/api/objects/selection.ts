import { type ApiObject, parseFieldSelector, parseLabelSelector } from '#libs/apimachinery';

/** Which objects a list, watch or deletecollection is about. */
export interface Selection {
  /** True: every object. */
  readonly all: boolean;
  readonly matches: (object: ApiObject) => boolean;
}

/** Reads `labelSelector` and `fieldSelector`; `name` narrows a watch of one object. Throws a 400. */
export function selectionOf(query: URLSearchParams, name?: string): Selection {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return {
    all: labels.empty && fields.empty && name === undefined,
    matches: ({ metadata }) =>
      (name === undefined || metadata.name === name) && fields.matches(metadata) && labels.matches(metadata.labels),
  };
}
