import { softwareVersion } from '#libs/telemetry';
import type { Answer, Call } from '../request/call.js';
import { parseMediaType } from '../request/media-type.js';

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
const info = { title: 'Signalbox', version: softwareVersion };

/**
 * `GET /openapi/v2`: a document that describes nothing; the schemas are in v3. kubectl asks for it where v3 doesn't know a
 * kind: without an answer it says that the schema can't be downloaded, with this one that there is no such kind.
 */
export function openAPIV2(call: Call): Answer {
  const accepted = String(call.headers.accept ?? '').split(',');
  const wantsProtobuf = accepted.some((entry) => parseMediaType(entry).name === PROTOBUF);
  if (!wantsProtobuf) return { code: 200, body: { swagger: '2.0', info, paths: {} } };
  // Document { swagger = 1, info = 2 { title = 1, version = 2 } }.
  const document = field(1, '2.0') + field(2, field(1, info.title) + field(2, info.version));
  return { code: 200, body: document, contentType: PROTOBUF };
}

/** A length-delimited field of protobuf; short ASCII only, so that a length is one byte. */
const field = (number: number, text: string): string => String.fromCharCode((number << 3) | 2, text.length) + text;
