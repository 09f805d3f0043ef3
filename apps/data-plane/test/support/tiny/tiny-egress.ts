import { RequestFault } from '#libs/dialects';
import { addAuthHeader } from '../../../src/egress/auth-header.js';
import type { Egress } from '../../../src/egress/egress.js';
import { TinyReader } from './tiny-answer.js';
import { encodeTiny, tiny, TinyRequest } from './tiny-request.js';

export const tinyEgress: Egress = {
  dialect: tiny,
  build(request, { entry, basePath }, credential) {
    const headers = request.dialect === tiny ? [...request.forwarded] : [];
    addAuthHeader(headers, entry.auth, credential);
    const path = `${basePath}/say`;
    if (request instanceof TinyRequest) {
      return { method: 'POST', path, headers, body: request.bodyFor(entry.upstreamName), dropped: [] };
    }
    const neutral = request.neutral();
    if (neutral instanceof RequestFault) return neutral;
    const body = encodeTiny(neutral, entry.upstreamName);
    return { method: 'POST', path, headers, body, dropped: neutral.dropped };
  },
  reader(request, _head, sink) {
    return new TinyReader(request, sink);
  },
};
