/** A curl line of the page, as the request it makes. Quotes are single ones, as they are in the page. */
export interface Curl {
  readonly url: string;
  readonly init: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string };
  /** `--max-time`: what is asked for never ends by itself. */
  readonly isEndless: boolean;
}

export function parseCurl(line: string): Curl {
  const [command, ...words] = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  if (command !== 'curl') throw new Error(`no curl line: ${line}`);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url = '';
  let isEndless = false;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') method = words.shift();
    else if (word === '-d') body = words.shift();
    else if (word === '--max-time') isEndless = words.shift() !== undefined;
    else if (word === '-H') {
      const [name = '', ...value] = (words.shift() ?? '').split(': ');
      headers[name] = value.join(': ');
    } else if (/^-[isN]+$/.test(word)) continue;
    else if (word.startsWith('http://')) url = word;
    else throw new Error(`the page's reader doesn't know ${word}`);
  }
  return { url, init: { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body }, isEndless };
}

export interface Reply {
  /** 0: no head came. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The connection died before the end. */
  readonly isBroken: boolean;
}

/** Makes the request. An endless one is left once `isSilent` says that nothing more comes. */
export async function run(
  { url, init, isEndless }: Curl,
  isSilent: (body: string) => Promise<boolean>,
): Promise<Reply> {
  const leave = new AbortController();
  let status = 0;
  let headers = new Headers();
  let body = '';
  let isOver = false;
  const exchange = (async () => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: leave.signal });
    ({ status, headers } = response);
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) body += decoder.decode(part, { stream: true });
  })().finally(() => {
    isOver = true;
  });
  const failed = exchange.then(
    () => false,
    () => true,
  );
  if (isEndless) {
    while (!isOver && !(await isSilent(body)));
    leave.abort();
  }
  const isBroken = await failed;
  return { status, headers, body, isBroken };
}
