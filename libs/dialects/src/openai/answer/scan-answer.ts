import type { Usage } from '#libs/inference';
import { JsonFault, JsonScanner } from '../../json/json-scanner.js';
import { ownText } from '../../json/own-text.js';
import { parseObject } from './json-text.js';
import { saysError } from './read-chunk.js';
import { usageOf } from './usage.js';

const maxDepth = 256;

/** What a plain answer at status 200 is. */
export interface ScannedAnswer {
  /**
   * `Complete`: to be passed on. `Malformed`: cut off or no JSON object, so a ServerError although the status is 200.
   * `Error`: an error at 200, as the whole body, beside the choices, or as the reason why one of them ended.
   */
  readonly kind: 'Complete' | 'Malformed' | 'Error';
  readonly finishReason?: string;
  readonly usage?: Usage;
}

const malformed: ScannedAnswer = { kind: 'Malformed' };

/**
 * Reads usage and finish reason of a plain answer, and checks that it ends where an answer ends. Content-length can't
 * tell: an upstream that breaks off may have counted what it sent. `text` is the body's Latin-1 view.
 */
export function scanAnswer(text: string): ScannedAnswer {
  return readTail(text) ?? readWhole(text);
}

/**
 * The usual shape is `{..."choices":[...],"usage":{...}...}`: reading from the last `"usage"` to the closing brace of the
 * whole tells as much as reading all of it, at a tenth of the cost. Anything else is undefined here, and read whole.
 */
function readTail(text: string): ScannedAnswer | undefined {
  const at = text.lastIndexOf('"usage"');
  if (!afterList.test(text.slice(Math.max(0, at - 16), at))) return undefined;
  const choices = text.indexOf('"choices"');
  if (text.charCodeAt(0) !== OPEN_BRACE || choices === -1 || choices > at) return undefined;
  // A key, or the reason that a choice ended: rare, and worth reading all of it.
  if (text.includes('"error"')) return undefined;
  // With a brace in front it is JSON of its own, and short.
  if (text.length - at > MAX_TAIL) return undefined;
  const tail = parseObject(`{${text.slice(at)}`);
  if (tail === undefined) return undefined;
  return { kind: 'Complete', finishReason: lastFinishReason(text, choices, at), usage: usageOf(tail['usage']) };
}

/** In characters. A longer one is walked, which builds nothing. */
const MAX_TAIL = 4096;

const afterList = /\]\s*,\s*$/;

/** Walks all bytes: accepts what JSON.parse accepts without building the answer; only the `usage` object is parsed. */
function readWhole(text: string): ScannedAnswer {
  const scanner = new JsonScanner(Buffer.from(text, 'latin1'), text, maxDepth);
  try {
    return scanMembers(scanner);
  } catch (error) {
    if (error instanceof JsonFault) return malformed;
    throw error;
  }
}

function scanMembers(scanner: JsonScanner): ScannedAnswer {
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
    } else if (isKey(text, keyStart, keyEnd, 'error'))
      hasError = saysError(JSON.parse(text.slice(start, scanner.position)));
  } while (scanner.nextProperty());
  scanner.end();
  if (hasError || finishReason === 'error') return { kind: 'Error' };
  return hasChoices ? { kind: 'Complete', finishReason, usage } : malformed;
}

const OPEN_BRACE = 123;
const BACKSLASH = 92;

function isKey(text: string, start: number, end: number, key: string): boolean {
  return end - start === key.length && text.startsWith(key, start);
}

const finishReasonAt = /"finish_reason"\s*:\s*"([a-z_]{1,40})"/iy;

/** Inside a JSON string its first quote has a backslash before it, so the last one without is a choice's. */
function lastFinishReason(text: string, start: number, end: number): string | undefined {
  let at = text.lastIndexOf('"finish_reason"', end);
  while (at > start && text.charCodeAt(at - 1) === BACKSLASH) at = text.lastIndexOf('"finish_reason"', at - 1);
  if (at < start) return undefined;
  finishReasonAt.lastIndex = at;
  const reason = finishReasonAt.exec(text)?.[1];
  return reason === undefined ? undefined : ownText(reason);
}
