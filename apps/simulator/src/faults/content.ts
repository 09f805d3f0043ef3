import { answerRegularly, type Fault, framesBefore, framesOf, startStream, writeFrames } from '../exchange.js';
import { plainBody } from '../openai/answer.js';
import { errorBody, sendJson } from '../openai/errors.js';

/** A clean end of the body without finish reason or end marker: looks like success to a careless reader. */
export const endWithoutMarker: Fault = async (exchange, spec) => {
  if (!exchange.stream) return halfJson(exchange, spec);
  startStream(exchange);
  if (await writeFrames(exchange, framesBefore(exchange, spec.afterTokens))) exchange.response.end();
};

/** An error object inside a stream whose status was 200. */
export const errorMidStream: Fault = async (exchange, spec) => {
  const error = errorBody('The server had an error while processing your request.', 'server_error');
  if (!exchange.stream) return sendJson(exchange.response, 200, error);
  startStream(exchange);
  if (await writeFrames(exchange, [...framesBefore(exchange, spec.afterTokens), `data: ${error}\n\n`])) {
    exchange.response.end();
  }
};

/** 200 with a body that stops in the middle of its JSON, correctly framed by HTTP. */
export const halfJson: Fault = ({ response, answer }) => {
  const body = plainBody(answer);
  sendJson(response, 200, body.slice(0, Math.floor(body.length / 2)));
};

/** A plain answer where a stream was asked for. */
export const jsonInsteadOfStream: Fault = ({ response, answer, headers }) => {
  sendJson(response, 200, plainBody(answer), headers);
};

/** One event of the given size. */
export const hugeFrame: Fault = async (exchange, spec) => {
  if (!exchange.stream) return answerRegularly(exchange);
  startStream(exchange);
  const piece = Buffer.alloc(64 * 1024, 0x61);
  const pieces = Array.from({ length: Math.ceil(spec.bytes / piece.length) }, () => piece);
  const opening = 'data: {"choices":[{"index":0,"delta":{"content":"';
  if (await writeFrames(exchange, [...framesBefore(exchange, spec.afterTokens), opening, ...pieces, '"}}]}\n\n'])) {
    exchange.response.end();
  }
};

/** A correct stream with CRLF line ends, written byte by byte. */
export const splitBytes: Fault = async (exchange) => {
  if (!exchange.stream) return answerRegularly(exchange);
  startStream(exchange);
  const bytes = Buffer.from(framesOf(exchange).join('').replaceAll('\n', '\r\n'));
  const { socket } = exchange.response;
  socket?.setNoDelay(true);
  if (
    await writeFrames(
      exchange,
      [...bytes].map((byte) => Buffer.of(byte)),
    )
  )
    exchange.response.end();
};

/** A correct stream with everything the event-stream format allows around it: BOM, comments, pings, unknown events, ids. */
export const noise: Fault = async (exchange) => {
  if (!exchange.stream) return answerRegularly(exchange);
  startStream(exchange);
  const frames = framesOf(exchange).flatMap((frame, index) => [
    `: ping ${index}\n\n`,
    'event: ping\ndata: {"type":"ping"}\n\n',
    `id: ${index}\nretry: 1000\n${frame}`,
  ]);
  if (await writeFrames(exchange, ['\uFEFF', ...frames])) exchange.response.end();
};
