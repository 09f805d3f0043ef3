import { decodeString, JsonFault, JsonScanner } from '../../json/json-scanner.js';
import { ownText } from '../../json/own-text.js';
import { RequestFault } from '../../request/request-fault.js';
import { FieldFault, refuse } from './field-fault.js';
import { KeySet } from './key-set.js';

/** More nesting than any client needs, and far less than a parser's stack. */
const maxDepth = 128;
/** Far beyond any model's name; and what is shown in logs, spans and errors must have an end. */
const maxModelLength = 256;

/**
 * What routing and splicing need of a chat completion request, as byte offsets into its body. An end is exclusive; a span
 * of 0..0 stands for "absent".
 */
export class RequestScan {
  /** A text of its own: it outlives the body, in records and in what is remembered by model. */
  model = '';
  /** Quotes included. */
  modelStart = 0;
  modelEnd = 0;
  stream = false;
  /** Answers asked for at once. */
  choices = 1;
  /** The client itself asked for the usage chunk. */
  includeUsage = false;
  /** The value of `stream_options`, whatever it is. */
  streamOptionsStart = 0;
  streamOptionsEnd = 0;
  streamOptionsKind: 'Absent' | 'Null' | 'Empty' | 'Object' = 'Absent';
  /** The value of `stream_options.include_usage`. */
  includeUsageStart = 0;
  includeUsageEnd = 0;
  /** The brace that closes the body. */
  bodyEnd = 0;
}

/**
 * One pass over a body. Refuses what JSON.parse refuses, and beyond it what two parsers could read differently or what
 * could harm one: a key twice at the top level or in `stream_options`, a key that is one of those read here but for its
 * case (some servers match keys without it, and the last one wins), `__proto__` as a key, a byte order mark, too much
 * nesting. So the upstream's parser sees the model that was routed by. Unknown fields are none of our business. `text`: the Latin-1 view of
 * the body.
 */
export function scanRequest(body: Buffer, text = body.toString('latin1')): RequestScan | RequestFault {
  const scanner = new JsonScanner(body, text, maxDepth);
  try {
    return scanBody(scanner);
  } catch (error) {
    if (error instanceof JsonFault) {
      return new RequestFault('invalid_json', null, `The request body is not valid JSON: ${error.message}.`);
    }
    if (error instanceof FieldFault) return error.fault;
    throw error;
  }
}

function scanBody(scanner: JsonScanner): RequestScan {
  const scan = new RequestScan();
  if (!scanner.atObject()) scanner.fail('expected an object');
  const keys = new KeySet('', readKeys);
  let messages = false;
  if (scanner.enterObject()) {
    do {
      const key = readKey(scanner, keys);
      if (key === 'model') scanModel(scanner, scan);
      else if (key === 'stream') scan.stream = scanBoolean(scanner, key);
      else if (key === 'stream_options') scanStreamOptions(scanner, scan);
      else if (key === 'n') scanChoices(scanner, scan);
      else {
        if (key === 'messages') messages = scanMessages(scanner);
        scanner.value(2);
      }
    } while (scanner.nextProperty());
  }
  scan.bodyEnd = scanner.position - 1;
  scanner.end();
  if (scan.modelEnd === 0) refuse('missing_required_parameter', 'model', "Missing required parameter: 'model'.");
  if (!messages) refuse('missing_required_parameter', 'messages', "Missing required parameter: 'messages'.");
  return scan;
}

function readKey(scanner: JsonScanner, keys: KeySet): string {
  scanner.key();
  const { text, keyStart, keyEnd } = scanner;
  const key = decodeString(text, keyStart, keyEnd);
  if (key === '__proto__') scanner.fail("property name '__proto__'", keyStart);
  keys.add(key);
  return key;
}

function scanModel(scanner: JsonScanner, scan: RequestScan): void {
  const code = scanner.peek();
  scan.modelStart = scanner.position;
  scanner.value(2);
  scan.modelEnd = scanner.position;
  if (code !== QUOTE) refuse('invalid_type', 'model', "Invalid type for 'model': expected a string.");
  scan.model = ownText(decodeString(scanner.text, scan.modelStart + 1, scan.modelEnd - 1));
  if (scan.model === '' || scan.model.length > maxModelLength) {
    const expected = `expected the name of a model, of at most ${maxModelLength} characters`;
    refuse('invalid_value', 'model', `Invalid value for 'model': ${expected}.`);
  }
}

/** A value that is no whole number is the provider's to refuse. */
function scanChoices(scanner: JsonScanner, scan: RequestScan): void {
  scanner.peek();
  const start = scanner.position;
  scanner.value(2);
  const choices = Number(scanner.text.slice(start, scanner.position));
  if (Number.isInteger(choices) && choices > 1) scan.choices = choices;
}

function scanMessages(scanner: JsonScanner): true {
  if (scanner.peek() !== OPEN_BRACKET) {
    refuse('invalid_type', 'messages', "Invalid type for 'messages': expected an array of objects.");
  }
  return true;
}

function scanStreamOptions(scanner: JsonScanner, scan: RequestScan): void {
  const code = scanner.peek();
  scan.streamOptionsStart = scanner.position;
  if (code === OPEN_BRACE) scanOptions(scanner, scan);
  else {
    if (code !== LOWER_N)
      refuse('invalid_type', 'stream_options', "Invalid type for 'stream_options': expected an object.");
    scanner.value(2);
    scan.streamOptionsKind = 'Null';
  }
  scan.streamOptionsEnd = scanner.position;
}

function scanOptions(scanner: JsonScanner, scan: RequestScan): void {
  scan.streamOptionsKind = 'Empty';
  if (!scanner.enterObject()) return;
  scan.streamOptionsKind = 'Object';
  const keys = new KeySet('stream_options.', readOptions);
  do {
    if (readKey(scanner, keys) === 'include_usage') {
      scanner.peek();
      scan.includeUsageStart = scanner.position;
      scan.includeUsage = scanBoolean(scanner, 'stream_options.include_usage');
      scan.includeUsageEnd = scanner.position;
    } else scanner.value(3);
  } while (scanner.nextProperty());
}

/** `null` counts as absent, as it does upstream. */
function scanBoolean(scanner: JsonScanner, param: string): boolean {
  const code = scanner.peek();
  if (code !== LOWER_T && code !== LOWER_F && code !== LOWER_N) {
    refuse('invalid_type', param, `Invalid type for '${param}': expected a boolean.`);
  }
  scanner.value(2);
  return code === LOWER_T;
}

/** The keys that mean something here. */
const readKeys: readonly string[] = ['model', 'messages', 'stream', 'stream_options', 'n'];
const readOptions: readonly string[] = ['include_usage'];

const QUOTE = 34;
const OPEN_BRACKET = 91;
const LOWER_F = 102;
const LOWER_N = 110;
const LOWER_T = 116;
const OPEN_BRACE = 123;
