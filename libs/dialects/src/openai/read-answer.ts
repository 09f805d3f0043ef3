import type { Usage } from '#libs/inference';
import { JsonFault, JsonScanner } from '../json/json-scanner.js';
import { usageOf } from './usage.js';

const maxDepth = 256;

/** What a plain answer at status 200 is. */
export interface Answer {
  /**
   * `Complete`: to be passed on. `Malformed`: cut off or no JSON object, so a ServerError although the status is 200.
   * `Error`: a whole error body at 200.
   */
  readonly kind: 'Complete' | 'Malformed' | 'Error';
  readonly finishReason?: string;
  readonly usage?: Usage;
}

const malformed: Answer = { kind: 'Malformed' };

/**
 * Reads usage and finish reason of a plain answer, and checks that all of it is there. Content-length can't tell: an
 * upstream that breaks off may have counted what it sent. So the bytes are walked by the validating scanner, which
 * accepts what JSON.parse accepts without building the answer; only the `usage` object is parsed.
 */
export function readAnswer(body: Buffer): Answer {
  const scanner = new JsonScanner(body, body.toString('latin1'), maxDepth);
  try {
    return scanAnswer(scanner);
  } catch (error) {
    if (error instanceof JsonFault) return malformed;
    throw error;
  }
}

function scanAnswer(scanner: JsonScanner): Answer {
  const { text } = scanner;
  let finishReason: string | undefined;
  let usage: Usage | undefined;
  let hasChoices = false;
  let hasError = false;
  if (!scanner.atObject() || !scanner.enterObject()) return malformed;
  do {
    scanner.key();
    const { keyStart, keyEnd } = scanner;
    scanner.peek();
    const start = scanner.position;
    scanner.value(2);
    if (isKey(text, keyStart, keyEnd, 'choices')) {
      hasChoices = true;
      finishReason = lastFinishReason(text, start, scanner.position);
    } else if (isKey(text, keyStart, keyEnd, 'usage')) {
      usage = usageOf(JSON.parse(text.slice(start, scanner.position)));
    } else if (isKey(text, keyStart, keyEnd, 'error')) hasError = text.charCodeAt(start) === OPEN_BRACE;
  } while (scanner.nextProperty());
  scanner.end();
  if (hasError && !hasChoices) return { kind: 'Error' };
  return hasChoices ? { kind: 'Complete', finishReason, usage } : malformed;
}

const OPEN_BRACE = 123;

function isKey(text: string, start: number, end: number, key: string): boolean {
  return end - start === key.length && text.startsWith(key, start);
}

/** `"finish_reason"` with its quotes can't stand inside a JSON string, so the last one is a choice's. */
function lastFinishReason(text: string, start: number, end: number): string | undefined {
  const at = text.lastIndexOf('"finish_reason"', end);
  if (at < start) return undefined;
  const match = /^"finish_reason"\s*:\s*"([a-z_]{1,40})"/i.exec(text.slice(at, at + 120));
  return match?.[1];
}
