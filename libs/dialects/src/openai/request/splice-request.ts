import type { RequestScan } from './scan-request.js';

/**
 * The body with the upstream's model name in it, and, where `forceUsage` is set, with `stream_options.include_usage` true.
 * Every other byte stays as the client sent it, in the order the client chose. The same Buffer if nothing changes.
 */
export function spliceRequest(body: Buffer, scan: RequestScan, upstreamName: string, forceUsage: boolean): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  const replace = (start: number, end: number, text: string): void => {
    parts.push(body.subarray(from, start), Buffer.from(text));
    from = end;
  };
  const addsUsage = forceUsage && !scan.includeUsage;
  const isOptionsFirst = scan.streamOptionsStart < scan.modelStart;
  if (addsUsage && scan.streamOptionsKind !== 'Absent' && isOptionsFirst) forceIncludeUsage(scan, replace);
  if (scan.model !== upstreamName) replace(scan.modelStart, scan.modelEnd, JSON.stringify(upstreamName));
  if (addsUsage && (scan.streamOptionsKind === 'Absent' || !isOptionsFirst)) forceIncludeUsage(scan, replace);
  if (parts.length === 0) return body;
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}

type Replace = (start: number, end: number, text: string) => void;

function forceIncludeUsage(scan: RequestScan, replace: Replace): void {
  const { streamOptionsStart, streamOptionsEnd } = scan;
  switch (scan.streamOptionsKind) {
    case 'Absent':
      // The body has a model, so something stands before the comma.
      return replace(scan.bodyEnd, scan.bodyEnd, ',"stream_options":{"include_usage":true}');
    case 'Null':
    case 'Empty':
      return replace(streamOptionsStart, streamOptionsEnd, '{"include_usage":true}');
    case 'Object':
      if (scan.includeUsageEnd > 0) return replace(scan.includeUsageStart, scan.includeUsageEnd, 'true');
      return replace(streamOptionsEnd - 1, streamOptionsEnd - 1, ',"include_usage":true');
  }
}
