import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { CliError } from '../cli-error.js';
import { printable } from '../output/style.js';
import type { Connection } from '../state-directory.js';
import { serverError } from './server-error.js';

export interface AdminRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** Long enough for an apply of many documents; a watch has none. */
const answerTimeoutMs = 60_000;

/** The control plane's HTTP API with a bearer token over TLS. Refusals become ServerErrors, failures to connect CliErrors. */
export class AdminClient {
  private readonly agent: Agent;

  constructor(
    private readonly connection: Connection,
    /** Gets the text of each `Warning: 299` header. */
    private readonly onWarning: (text: string) => void = () => undefined,
  ) {
    this.agent = new Agent({
      connect: { ca: connection.certificateAuthority, timeout: 10_000 },
      bodyTimeout: 0,
      connections: 8,
      headersTimeout: answerTimeoutMs,
    });
  }

  async json<Answer>(options: AdminRequest): Promise<Answer> {
    return JSON.parse(await this.text(options)) as Answer;
  }

  async text(options: AdminRequest): Promise<string> {
    return (await this.send(options)).body.text();
  }

  /** The body as it arrives, for watches. */
  async lines(options: AdminRequest): Promise<AsyncIterable<string>> {
    const { body } = await this.send(options);
    return linesOf(body.setEncoding('utf8') as AsyncIterable<string>);
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async send(options: AdminRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(options.path, this.connection.controlPlaneUrl);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    let response: Dispatcher.ResponseData;
    try {
      response = await request(url, {
        dispatcher: this.agent,
        method: options.method ?? 'GET',
        body: options.body,
        signal: options.signal,
        headers: {
          authorization: `Bearer ${this.connection.token}`,
          accept: options.accept ?? 'application/json',
          'user-agent': 'signalbox-cli',
          ...(options.body !== undefined && { 'content-type': options.contentType ?? 'application/json' }),
        },
      });
    } catch (error) {
      throw connectionError(error, this.connection.controlPlaneUrl, 'SIGNALBOX_CONTROL_PLANE_URL');
    }
    for (const text of warningsOf(response.headers['warning'])) this.onWarning(printable(text));
    if (response.statusCode >= 400) throw serverError(response.statusCode, await response.body.text());
    return response;
  }
}

/** The quoted text of `299 - "text"`, several in one header separated by commas (RFC 7234, section 5.5). */
export function warningsOf(header: string | readonly string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((line) =>
      [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1')),
    );
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest.trim() !== '') yield rest;
}

const certificateErrors = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

/** `variable` names the server in the environment. */
export function connectionError(cause: unknown, url: string, variable: string): Error {
  const error = cause as NodeJS.ErrnoException;
  if (error.name === 'AbortError') return error;
  const hints = certificateErrors.has(error.code ?? '')
    ? ['Set SIGNALBOX_CA_FILE to the ca.crt of this control plane.']
    : [`Is it running (\`signalbox up\`)? ${variable} names another one.`];
  return new CliError(`Can't reach ${url}: ${error.message || error.code || 'no reason given'}`, {
    cause: error,
    hints,
  });
}
