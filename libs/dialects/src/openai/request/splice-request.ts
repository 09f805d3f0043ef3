import type { RequestScan } from './scan-request.js';

/** What stands between two positions of the body from now on. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The body with the upstream's model name in it, and, where `forceUsage` is set, with `stream_options.include_usage` true.
 * Every other byte stays as the client sent it, in the order the client chose. The same Buffer if nothing changes.
 */
export function spliceRequest(body: Buffer, scan: RequestScan, upstreamName: string, forceUsage: boolean): Buffer {
  const edits = editsOf(scan, upstreamName, forceUsage);
  if (edits.length === 0) return body;
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits) {
    parts.push(body.subarray(from, start), Buffer.from(text));
    from = end;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}

/** The same on the body's Latin-1 view, and into one: for a small body a third of the cost. */
export function spliceText(body: string, scan: RequestScan, upstreamName: string, forceUsage: boolean): string {
  let spliced = '';
  let from = 0;
  for (const { start, end, text } of editsOf(scan, upstreamName, forceUsage)) {
    spliced += body.slice(from, start) + latin1Of(text);
    from = end;
  }
  return from === 0 ? body : spliced + body.slice(from);
}

function latin1Of(text: string): string {
  return ascii.test(text) ? text : Buffer.from(text).toString('latin1');
}

const ascii = /^[ -~]*$/;

/** In the order of the body. */
function editsOf(scan: RequestScan, upstreamName: string, forceUsage: boolean): readonly Edit[] {
  const isRenamed = scan.model !== upstreamName;
  const addsUsage = forceUsage && !scan.includeUsage;
  if (!isRenamed && !addsUsage) return nothing;
  const edits: Edit[] = [];
  if (isRenamed) edits.push({ start: scan.modelStart, end: scan.modelEnd, text: JSON.stringify(upstreamName) });
  if (!addsUsage) return edits;
  const isOptionsFirst = scan.streamOptionsKind !== 'Absent' && scan.streamOptionsStart < scan.modelStart;
  if (isOptionsFirst) edits.unshift(forcedUsage(scan));
  else edits.push(forcedUsage(scan));
  return edits;
}

const nothing: readonly Edit[] = [];

function forcedUsage(scan: RequestScan): Edit {
  const { streamOptionsStart, streamOptionsEnd, includeUsageStart, includeUsageEnd, bodyEnd } = scan;
  switch (scan.streamOptionsKind) {
    case 'Absent':
      // The body has a model, so something stands before the comma.
      return { start: bodyEnd, end: bodyEnd, text: ',"stream_options":{"include_usage":true}' };
    case 'Null':
    case 'Empty':
      return { start: streamOptionsStart, end: streamOptionsEnd, text: '{"include_usage":true}' };
    case 'Object':
      if (includeUsageEnd > 0) return { start: includeUsageStart, end: includeUsageEnd, text: 'true' };
      return { start: streamOptionsEnd - 1, end: streamOptionsEnd - 1, text: ',"include_usage":true' };
  }
}
