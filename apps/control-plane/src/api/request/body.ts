import { badRequest, ManifestError, readJSON, readProtobuf, readYAML } from '#libs/apimachinery';
import type { Format } from './media-type.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Bytes to text; throws a 400 for what isn't UTF-8. */
export function bodyText(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch {
    throw badRequest('the body is not valid UTF-8');
  }
}

/** The one value of a body. Throws a 400 that says where it is malformed. */
export function readBody(body: Buffer, format: Format | 'protobuf'): unknown {
  if (format === 'protobuf') return readProtobuf(body);
  const text = bodyText(body);
  return asBadRequest(() => {
    if (format === 'json') return readJSON(text);
    const documents = readYAML(text);
    if (documents.length !== 1) throw new ManifestError(`one document expected, ${documents.length} found`);
    return documents[0]!.value;
  });
}

export function asBadRequest<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof ManifestError ? badRequest(`the body can't be read: ${error.message}`) : error;
  }
}
