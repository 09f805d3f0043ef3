import { RequestFault } from '../../request/request-fault.js';

/** Thrown while a request is read: leaves the walk from any depth. */
export class FieldFault extends Error {
  constructor(readonly fault: RequestFault) {
    super(fault.message);
  }
}

export function refuse(code: string, param: string, message: string): never {
  throw new FieldFault(new RequestFault(code, param, message));
}
