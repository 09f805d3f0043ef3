/** The members of an OpenAI error object. Texts are for people and hold no secret. */
export interface OpenAIError {
  readonly message: string;
  /** `invalid_request_error`, `server_error`, ...; SDKs show it, none branches on it. */
  readonly type: string;
  readonly code: string | null;
  /** The request field at fault. */
  readonly param?: string | null;
  /** What can be done about it. OpenAI has no such member; its SDKs pass over it. */
  readonly remedy?: string;
}

/** The body of an error answer (platform.openai.com/docs/guides/error-codes). */
export function errorBody({ message, type, param, code, remedy }: OpenAIError): string {
  return JSON.stringify({ error: { message, type, param: param ?? null, code, remedy } });
}

/** The event that ends a stream which can't go on. SDKs throw on it; nothing may follow, not even `[DONE]`. */
export function errorEvent(error: OpenAIError): string {
  return `data: ${errorBody(error)}\n\n`;
}
