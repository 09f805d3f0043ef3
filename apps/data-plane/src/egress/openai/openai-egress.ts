import { type ClientRequest, RequestFault } from '#libs/dialects';
import { ChatRequest, encodeRequest, openAI, readAnswer } from '#libs/dialects/openai';
import { addAuthHeader } from '../auth-header.js';
import type { Egress, EgressBackend, ProviderCall } from '../egress.js';

/** Chat completions of OpenAI, and of all that speak like it. */
export const openAIEgress: Egress = { dialect: openAI, build, reader: readAnswer };

const nothing: readonly string[] = [];

function build(
  request: ClientRequest,
  { entry, basePath }: EgressBackend,
  credential: string,
): ProviderCall | RequestFault {
  const headers = ['accept', request.stream ? 'text/event-stream' : 'application/json'];
  addAuthHeader(headers, entry.auth, credential);
  if (request.dialect === openAI) headers.push(...request.forwarded);
  const path = `${basePath}/chat/completions`;
  if (request instanceof ChatRequest) {
    return { method: 'POST', path, headers, body: request.bodyFor(entry.upstreamName), dropped: nothing };
  }
  const neutral = request.neutral();
  if (neutral instanceof RequestFault) return neutral;
  const body = encodeRequest(neutral, entry.upstreamName);
  return { method: 'POST', path, headers, body, dropped: neutral.dropped };
}
