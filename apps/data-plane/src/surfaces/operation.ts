/** What a client asks for, in no dialect's words. */
export type Operation = InferenceOperation | ListModelsOperation | GetModelOperation;

interface AtPath {
  /** The only method that it takes. */
  readonly method: 'GET' | 'POST';
  /** The path as records show it: without a model's name in it. */
  readonly template: string;
}

/** It has a body, and an upstream answers it. */
export interface InferenceOperation extends AtPath {
  readonly kind: 'Inference';
  readonly name: 'chat';
}

export interface ListModelsOperation extends AtPath {
  readonly kind: 'ListModels';
  readonly name: 'listModels';
}

export interface GetModelOperation extends AtPath {
  readonly kind: 'GetModel';
  readonly name: 'getModel';
  readonly model: string;
}
