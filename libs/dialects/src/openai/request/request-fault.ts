import type { OpenAIError } from '../errors.js';

/** Why a request body is refused before any upstream sees it: a 400 in OpenAI's words. */
export class RequestFault {
  readonly fault: OpenAIError;

  constructor(code: string | null, param: string | null, message: string) {
    this.fault = { message, type: 'invalid_request_error', code, param };
  }
}
