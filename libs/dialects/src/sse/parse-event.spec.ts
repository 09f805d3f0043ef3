import { parseEvent, type ServerSentEvent } from './parse-event.js';

it.each<[string, string, ServerSentEvent | undefined]>([
  ['a data line', 'data: a', { event: 'message', data: 'a' }],
  ['no blank after the colon', 'data:a', { event: 'message', data: 'a' }],
  ['one blank only is taken', 'data:  a', { event: 'message', data: ' a' }],
  ['several data lines', 'data: a\ndata\ndata: b', { event: 'message', data: 'a\n\nb' }],
  ['an event name', 'event: ping\ndata: {}', { event: 'ping', data: '{}' }],
  ['comments, ids and unknown fields', ': hi\nid: 1\nretry: 5\nfoo: x\ndata: a', { event: 'message', data: 'a' }],
  ['a block without data', ': hi\nevent: x', undefined],
])('%s', (_name, block, expected) => {
  expect(parseEvent(block)).toEqual(expected);
});
