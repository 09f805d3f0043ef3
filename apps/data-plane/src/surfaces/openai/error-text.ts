import { errorBody, errorEvent, type OpenAIError } from '#libs/dialects/openai';
import { errorTable, type GatewayError } from '../../errors/error-table.js';

/** The body of an error response, as the Latin-1 view of its UTF-8 bytes. */
export function errorText(error: GatewayError): string {
  return Buffer.from(errorBody(openAIError(error))).toString('latin1');
}

/** The event that ends a stream in an error, likewise. */
export function errorEventText(error: GatewayError): string {
  return Buffer.from(errorEvent(openAIError(error))).toString('latin1');
}

function openAIError({ code, message, param, providerCode }: GatewayError): OpenAIError {
  const { type, remedy } = errorTable[code];
  return { message, type, param, code: providerCode === '' ? code : providerCode, remedy };
}
