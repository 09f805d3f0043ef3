import { decodeStatus, type FieldValidation, type KindDefinition } from '#libs/apimachinery';
import type { Call } from '../request/call.js';
import { fieldValidationOf } from '../request/query.js';
import type { Strategy } from './proposal.js';

/**
 * The same strategy at `/status`: the status that it proposes is judged by its own schema. It is written by programs, which
 * may know more fields than this version does: unless the client asks for more, these are dropped with a warning.
 */
export function ofStatus(kind: KindDefinition, strategy: Strategy, call: Call): Strategy {
  const validation: FieldValidation = call.query.get('fieldValidation') ? fieldValidationOf(call.query) : 'Warn';
  return (stored) => {
    const proposal = strategy(stored);
    const { status, errors, warnings } = decodeStatus(kind, proposal.object.status, validation);
    return {
      ...proposal,
      object: { ...proposal.object, status },
      errors: [...proposal.errors, ...errors],
      warnings: [...proposal.warnings, ...warnings],
    };
  };
}
