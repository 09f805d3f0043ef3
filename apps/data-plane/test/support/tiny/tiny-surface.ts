import { GatewayError } from '../../../src/errors/error-table.js';
import { forwardedHeaders } from '../../../src/surfaces/forwarded-headers.js';
import type { Surface } from '../../../src/surfaces/surface.js';
import { TinyWriter, tinyType } from './tiny-answer.js';
import { tiny, TinyRequest } from './tiny-request.js';

const latin1 = (text: string) => Buffer.from(text).toString('latin1');
const errorLine = ({ code, message }: GatewayError) => latin1(`ERROR ${code.toUpperCase()} ${message}\n`);

export const tinySurface: Surface = {
  dialect: tiny,
  streamType: tinyType,
  bodyType: tinyType,
  keepAlive: 'WAIT\n',
  served: [
    { method: 'POST', path: '/tiny/say', summary: 'Says something.' },
    { method: 'GET', path: '/tiny/models', summary: 'Who can.' },
  ],
  operationAt(_method, path) {
    if (path === '/tiny/say') return { kind: 'Inference', name: 'chat', method: 'POST', template: path };
    return path === '/tiny/models'
      ? { kind: 'ListModels', name: 'listModels', method: 'GET', template: path }
      : undefined;
  },
  read(_operation, headers, body) {
    const forwarded = forwardedHeaders(headers, ['tiny-version']);
    if (forwarded instanceof GatewayError) return forwarded;
    const request = new TinyRequest(body.toString(), forwarded);
    return request.model === '' ? new GatewayError('invalid_request', 'A line MODEL is missing.') : request;
  },
  writer: ({ stream }) => new TinyWriter(stream),
  errorBody: errorLine,
  errorEvent: errorLine,
  modelList: (models) => latin1(models.map((model) => `MODEL ${model}\n`).join('')),
  model: (model) => latin1(`MODEL ${model}\n`),
};
