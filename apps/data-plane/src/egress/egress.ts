import type {
  AnswerError,
  AnswerHead,
  AnswerLimits,
  AnswerReader,
  AnswerSink,
  ClientRequest,
  RequestFault,
} from '#libs/dialects';
import type { BackendEntry } from '#libs/routing-table';

/** One provider dialect: what a provider is asked, and how its answers are read. */
export interface Egress {
  readonly dialect: string;
  /** The call as it goes out, signed with the credential's value. A fault: the client asks for what can't be said in this dialect. */
  build(request: ClientRequest, backend: EgressBackend, credential: string): ProviderCall | RequestFault;
  /** An error: the answer can't be used, by its head. */
  reader(request: ClientRequest, head: AnswerHead, sink: AnswerSink, limits: AnswerLimits): AnswerReader | AnswerError;
}

/** A backend, prepared once for all of its calls. */
export interface EgressBackend {
  readonly entry: Pick<BackendEntry, 'auth' | 'upstreamName'>;
  /** Of the base URL, without a trailing slash: operations append theirs. */
  readonly basePath: string;
}

/** The one for a backend's dialect. */
export function egressOf(egresses: readonly Egress[], dialect: string): Egress {
  const egress = egresses.find((known) => known.dialect === dialect);
  if (egress === undefined) throw new Error(`This data plane speaks no ${dialect} to providers.`);
  return egress;
}

export interface ProviderCall {
  readonly method: 'POST';
  readonly path: string;
  /** Names and values in turn, the credential's among them: what isn't said in every call to the backend. */
  readonly headers: readonly string[];
  /** Bytes, or text that is bytes seen as Latin-1. */
  readonly body: Buffer | string;
  /** What the client asked for and a translation lost, by the client's names. */
  readonly dropped: readonly string[];
}
