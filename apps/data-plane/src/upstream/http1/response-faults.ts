/** Of a head, its line ends included; of all trailers; and of one chunk-size line. */
export const MAX_HEAD_BYTES = 16 * 1024;
export const MAX_TRAILER_BYTES = 16 * 1024;
export const MAX_CHUNK_LINE_BYTES = 1024;
/** Interim answers (1xx) before the answer itself. */
export const MAX_INTERIM_ANSWERS = 16;

interface Fault {
  /** Our words only: what an upstream sent may be a secret's echo. */
  readonly says: string;
  /**
   * Node's own parser lets some answers with this fault pass, and why this one doesn't. A fault without it is refused by
   * both in each and every case; the fuzz of the two against each other holds this table to that.
   */
  readonly stricter?: string;
}

/** Everything that an answer is refused for. */
export const responseFaults = {
  NotHttp: {
    says: 'the answer does not begin with HTTP/1.0 or HTTP/1.1',
    stricter: 'HTTP/0.9 and 2.0 have other frames; blank lines before an answer belong to none',
  },
  BadStatus: { says: 'the status is not a number from 100 to 999', stricter: 'a status below 100 has no meaning' },
  BadReason: { says: 'the status line holds a control character', stricter: 'a log or a terminal may obey it' },
  BadHeaderName: { says: 'a header has no proper name' },
  BadHeaderValue: { says: 'a header value holds a control character' },
  FoldedHeader: { says: 'a header goes on in a second line' },
  BareLineEnd: { says: 'a line ends in CR or LF alone', stricter: 'readers differ on where the line ends' },
  HeadTooLong: { says: 'the head is longer than 16 KiB', stricter: 'a limit of memory' },
  BadLength: { says: 'content-length is not a number' },
  LengthTooLarge: { says: 'content-length is too large', stricter: 'a JavaScript number counts to 2^53 only' },
  RepeatedLength: { says: 'content-length is there twice' },
  TwoFramings: { says: 'content-length and transfer-encoding are both there' },
  OtherCoding: {
    says: 'transfer-encoding is not chunked',
    stricter:
      'no other was asked for: nobody here could read the body; nor is it agreed on what a tab behind `chunked` means',
  },
  Switched: { says: 'the protocol was switched (101), which was not asked for' },
  InterimCloses: { says: 'an interim answer ends the connection', stricter: 'the answer itself can then never come' },
  TooManyInterims: { says: 'more than 16 interim answers', stricter: 'an answer must come some time' },
  BadChunkSize: { says: 'a chunk has no proper size' },
  ChunkTooLarge: { says: 'a chunk is too large', stricter: 'a JavaScript number counts to 2^53 only' },
  ChunkLineTooLong: { says: 'a chunk-size line is longer than 1 KiB', stricter: 'a limit of memory and of waste' },
  BadExtension: {
    says: 'a chunk extension breaks the grammar',
    stricter: 'RFC 9112, 7.1.1: a value must not be empty, nor half quoted',
  },
  BadChunkEnd: { says: 'a chunk does not end where its size says' },
  FramingInTrailers: {
    says: 'the trailers hold a framing header',
    stricter: 'RFC 9110, 6.5.1 forbids it; a reader that believed it would see another message',
  },
  TrailersTooLong: { says: 'the trailers are longer than 16 KiB', stricter: 'a limit of memory' },
} as const satisfies Readonly<Record<string, Fault>>;

export type ResponseFault = keyof typeof responseFaults;
