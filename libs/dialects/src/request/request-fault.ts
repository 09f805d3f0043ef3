/** Why a request is refused before any upstream sees it: the client's own fault. */
export class RequestFault {
  constructor(
    readonly code: string,
    /** The field at fault, where there is one. */
    readonly param: string | null,
    /** Names the field and the way out. */
    readonly message: string,
  ) {}
}
