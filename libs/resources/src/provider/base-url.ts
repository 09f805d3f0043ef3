import ipaddr from 'ipaddr.js';
import type { FieldError } from '#libs/apimachinery';

interface Permissions {
  readonly allowInsecure: boolean;
  readonly allowPrivateNetwork: boolean;
}

/** What the dialect puts behind the base URL; the whole address is what people find in a provider's manual. */
const appendedPaths = ['/chat/completions', '/completions'];

/**
 * What is wrong with a provider's base URL. Addresses are judged as the WHATWG URL parser writes them, so that decimal,
 * octal, hexadecimal and shortened spellings of an IPv4 address count as that address. Names other than `localhost` are
 * judged by the data plane, on the address that they resolve to.
 */
export function baseURLErrors(baseURL: string, permissions: Permissions): FieldError[] {
  const invalid = (message: string): FieldError => ({ path: 'spec.baseURL', reason: 'Invalid', message });
  // The parser drops tabs and line breaks silently; what is shown and what is used must be the same text.
  if (!/^[\x21-\x7e]+$/.test(baseURL)) return [invalid('must be printable ASCII without blanks')];
  if (!URL.canParse(baseURL)) return [invalid('must be a URL such as https://api.example.com/v1')];
  const url = new URL(baseURL);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return [invalid('must start with https:// or http://')];

  const errors: FieldError[] = [];
  if (url.username !== '' || url.password !== '') {
    errors.push(invalid('must not hold a user or password; put the key into a Secret and name it in a KeyPool'));
  }
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(baseURL)) {
    errors.push(invalid('must end with the path: no "?" and no "#"'));
  }
  const appended = appendedPaths.find((path) => url.pathname.replace(/\/$/, '').endsWith(path));
  if (appended !== undefined) {
    const base = `${url.origin}${url.pathname.slice(0, url.pathname.lastIndexOf(appended))}`;
    errors.push(invalid(`must end before ${appended}, which is appended to it: baseURL: ${base}`));
  }
  if (url.protocol === 'http:' && !permissions.allowInsecure) {
    errors.push({
      path: 'spec.baseURL',
      reason: 'Forbidden',
      message: 'is plain http, which shows keys and prompts to the network; use https, or set spec.allowInsecure: true',
    });
  }
  const what = permissions.allowPrivateNetwork ? undefined : privateHost(url.hostname);
  if (what !== undefined) {
    errors.push({
      path: 'spec.baseURL',
      reason: 'Forbidden',
      message: `leads to ${what}; use a public address, or set spec.allowPrivateNetwork: true`,
      condition: 'UnsafeAddress',
    });
  }
  return errors;
}

/** What a host is if it isn't on the public internet; undefined for public addresses and for names. */
function privateHost(hostname: string): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return 'this host itself (localhost)';
  if (!ipaddr.isValid(host)) return undefined;
  const address = ipaddr.process(host);
  const range = address.range();
  return range === 'unicast' ? undefined : `${address.toString()}, which is no public address (${range})`;
}
