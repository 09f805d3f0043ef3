import { type ClientRequest, ownText, RequestFault } from '#libs/dialects';
import type { InferenceRequest, Message } from '#libs/inference';

/**
 * A dialect made up for tests: lines of a word in capitals and a text. It shares nothing with OpenAI's (neither JSON nor
 * event streams), so that whatever works with it knows no dialect.
 *
 *     MODEL chat
 *     STREAM
 *     USER hello
 */
export const tiny = 'Tiny';

const roles: Readonly<Record<string, Message['role']>> = { SYSTEM: 'System', USER: 'User', MODEL_SAID: 'Assistant' };

export class TinyRequest implements ClientRequest {
  readonly dialect = tiny;
  readonly model: string;
  readonly stream: boolean;
  readonly forwarded: readonly string[];
  private readonly lines: readonly string[];

  constructor(body: string, forwarded: readonly string[]) {
    this.lines = body.split('\n').filter((line) => line !== '');
    this.forwarded = forwarded;
    this.model = ownText(this.textOf('MODEL') ?? '');
    this.stream = this.lines.includes('STREAM');
  }

  /** Its own lines, but for the model's name. */
  bodyFor(upstreamName: string): Buffer {
    const lines = this.lines.map((line) => (line.startsWith('MODEL ') ? `MODEL ${upstreamName}` : line));
    return Buffer.from(`${lines.join('\n')}\n`);
  }

  estimateInputTokens(): number {
    return this.lines.length;
  }

  neutral(): InferenceRequest | RequestFault {
    if (this.lines.includes('DANCE'))
      return new RequestFault('unsupported_parameter', 'DANCE', 'Nobody else can dance.');
    const messages = this.lines.flatMap((line): Message[] => {
      const [word = '', ...rest] = line.split(' ');
      const role = roles[word];
      return role === undefined ? [] : [{ role, blocks: [{ type: 'Text', text: rest.join(' ') }] }];
    });
    return {
      model: this.model,
      stream: this.stream,
      messages,
      tools: [],
      stop: [],
      sampling: {},
      choices: 1,
      dropped: this.lines.includes('GENTLY') ? ['GENTLY'] : [],
    };
  }

  private textOf(word: string): string | undefined {
    return this.lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  }
}

/** The same for a request of another dialect. */
export function encodeTiny({ stream, messages }: InferenceRequest, upstreamName: string): Buffer {
  const said = messages.map(({ role, blocks }) => {
    const word = Object.keys(roles).find((name) => roles[name] === role) ?? role;
    return `${word} ${blocks.map((block) => (block.type === 'Text' ? block.text : '')).join('')}`;
  });
  return Buffer.from([`MODEL ${upstreamName}`, ...(stream ? ['STREAM'] : []), ...said, ''].join('\n'));
}
