import { createRequire } from 'node:module';
import { nothingYet, type ObservedAnswer } from './observed-answer.js';

type Execute = number | undefined | (Error & { readonly code?: string });

/** Node's own parser, llhttp, as `node:http` has it. It is exported nowhere else. */
interface NodeParser {
  [callback: number]: unknown;
  initialize(type: number, resource: object, maxHeaderBytes: number, lenient: number): void;
  execute(bytes: Buffer): Execute;
  finish(): Execute | undefined;
}
interface NodeParserClass {
  new (): NodeParser;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}
const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { HTTPParser: NodeParserClass };

/** Past our own limit, so that each of the two limits is tested for itself. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How Node's strict parser reads an answer that comes in these pieces, then the end of the connection. */
export function nodeReading(pieces: readonly Buffer[], isHead: boolean): ObservedAnswer {
  const seen = nothingYet();
  const reading = new NodeReading(seen, isHead);
  for (const piece of pieces) {
    reading.push(piece);
    if (seen.verdict !== 'Cut') return seen;
  }
  reading.end();
  return seen;
}

/** One for all: a parser is dear to make, and begins anew when it is initialised. */
const parser = new HTTPParser();

class NodeReading {
  private readonly seen: ObservedAnswer;
  private readonly fields: string[] = [];
  private isInterim = false;

  constructor(seen: ObservedAnswer, isHead: boolean) {
    this.seen = seen;
    parser.initialize(HTTPParser.RESPONSE, {}, MAX_HEADER_BYTES, 0);
    parser[HTTPParser.kOnHeaders] = (fields: string[]) => {
      if (seen.status === 0) this.fields.push(...fields);
    };
    parser[HTTPParser.kOnHeadersComplete] = (...told: unknown[]) => {
      if (seen.verdict !== 'Cut') return 0;
      const [, , fields, , , status, , , keepsAlive] = told as [
        unknown,
        unknown,
        string[] | undefined,
        unknown,
        unknown,
        number,
        string,
        boolean,
        boolean,
      ];
      this.fields.push(...(fields ?? []));
      this.isInterim = status < 200;
      if (status === 101) this.conclude('Refused', 'switched');
      else if (!this.isInterim) {
        seen.status = status;
        seen.headers = headerLines(this.fields);
        seen.keepsAlive = keepsAlive;
      }
      this.fields.length = 0;
      return isHead && !this.isInterim ? 1 : 0;
    };
    parser[HTTPParser.kOnBody] = (bytes: Buffer) => {
      if (seen.verdict === 'Cut') seen.body += bytes.toString('latin1');
    };
    parser[HTTPParser.kOnMessageComplete] = () => {
      if (!this.isInterim) this.conclude('Whole', '');
    };
  }

  push(piece: Buffer): void {
    const result = parser.execute(piece);
    if (typeof result === 'object') this.conclude('Refused', result.code ?? 'unknown');
  }

  end(): void {
    const result = parser.finish();
    // Before any byte an end is no error of the parser's.
    if (typeof result === 'object' && result.code !== 'HPE_INVALID_EOF_STATE') {
      this.conclude('Refused', result.code ?? 'unknown');
    }
  }

  /** What comes behind the answer's end is no part of it. */
  private conclude(verdict: 'Whole' | 'Refused', reason: string): void {
    if (this.seen.verdict !== 'Cut') return;
    this.seen.verdict = verdict;
    this.seen.reason = reason;
  }
}

function headerLines(fields: readonly string[]): string {
  let lines = '';
  for (let index = 0; index < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\n`;
  return lines;
}
