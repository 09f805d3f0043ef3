import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];
export type Style = (format: Format, text: string) => string;

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colours on a terminal only, and never where NO_COLOR (https://no-color.org) is set to something. */
export function styleFor(stream: OutputStream, environment: Readonly<Record<string, string | undefined>>): Style {
  const coloured = stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return coloured ? (format, text) => styleText(format, text) : (_format, text) => text;
}

/** Text of others on our terminal: without control characters, which could move the cursor or rewrite lines. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}');
}
