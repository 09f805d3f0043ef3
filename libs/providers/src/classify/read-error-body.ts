/** What an error body says, whatever its form; empty strings where it says nothing. */
export interface ErrorBody {
  readonly code: string;
  readonly type: string;
  readonly message: string;
  /** The field of the request at fault. */
  readonly param: string;
  /** The body is an error whatever its status says. */
  readonly isError: boolean;
}

const nothing: ErrorBody = { code: '', type: '', message: '', param: '', isError: false };

/**
 * Reads `{error: {message, type, param, code}}` (OpenAI, Groq, Azure), `{error: "..."}` and `{message, type, code}` (Mistral).
 * Anything else, an HTML page of a proxy too, says nothing: its status must do.
 */
export function readErrorBody(body: string): ErrorBody {
  const value = parse(body);
  if (!isObject(value)) return nothing;
  const error = value['error'];
  if (isObject(error)) return { ...fields(error), isError: true };
  if (typeof error === 'string') return { ...nothing, message: error, isError: true };
  return { ...fields(value), isError: value['object'] === 'error' };
}

function fields(error: Readonly<Record<string, unknown>>): Omit<ErrorBody, 'isError'> {
  return {
    code: word(error['code']),
    type: word(error['type']),
    message: word(error['message']),
    param: word(error['param']),
  };
}

/** OpenRouter's codes are numbers. */
function word(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(body: string): unknown {
  if (!/^\s*\{/.test(body)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
