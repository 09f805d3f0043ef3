import { ownText } from '../json/own-text.js';

/** Why a request is refused before any upstream sees it: the client's own fault. It outlives the request's bytes. */
export class RequestFault {
  readonly code: string;
  /** The field at fault, where there is one. */
  readonly param: string | null;
  /** Names the field and the way out. */
  readonly message: string;

  constructor(code: string, param: string | null, message: string) {
    this.code = code;
    this.param = param === null ? null : ownText(param);
    this.message = ownText(message);
  }
}
