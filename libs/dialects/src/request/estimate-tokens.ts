const BYTES_PER_TOKEN = 4;
/** What providers charge for a picture of usual size is between 100 and 1,600. */
const TOKENS_PER_DATA_URL = 1000;
const dataUrl = '"data:';

/**
 * What a request costs at its input by a rule of thumb, for a log or a budget where no provider has counted: a token for
 * each four bytes of the body, names and punctuation included; a data URL, however long, counts as a picture.
 */
export function estimateTokens(body: Buffer): number {
  let bytes = body.length;
  let pictures = 0;
  for (let at = body.indexOf(dataUrl); at !== -1; at = body.indexOf(dataUrl, at)) {
    const end = body.indexOf('"', at + dataUrl.length);
    if (end === -1) break;
    bytes -= end - at;
    pictures += 1;
    at = end;
  }
  return Math.ceil(bytes / BYTES_PER_TOKEN) + pictures * TOKENS_PER_DATA_URL;
}
