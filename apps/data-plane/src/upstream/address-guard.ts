import ipaddr from 'ipaddr.js';

/** Ranges that `allowPrivateNetwork` opens. Link-local stays shut: cloud metadata lives there, no provider does. */
const privateRanges: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);

/** Metadata services that hide in ranges which `allowPrivateNetwork` opens, and Azure's, whose address is a public one. */
const metadataAddresses: ReadonlySet<string> = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16']);

/** All that IANA has given out for global unicast; the rest holds IPv4 addresses in old spellings (::7f00:1). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

export class AddressRefusedError extends Error {
  readonly code = 'ERR_ADDRESS_REFUSED';

  constructor(address: string, range: string) {
    super(`the address ${address} is ${range}; the provider may not be reached there`);
  }
}

/**
 * Says why a connection to this address is refused; undefined: allowed. `address` is what the socket connects to: an IP
 * in any spelling, IPv4 inside IPv6 included; anything unreadable is refused.
 */
export function refusedAddress(address: string, allowPrivateNetwork: boolean): AddressRefusedError | undefined {
  if (!ipaddr.isValid(address)) return new AddressRefusedError(address, 'not an IP address');
  // `process` turns ::ffff:127.0.0.1 into 127.0.0.1.
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (metadataAddresses.has(parsed.toString())) return new AddressRefusedError(address, 'a metadata service');
  if (range === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast))) return undefined;
  if (allowPrivateNetwork && privateRanges.has(range)) return undefined;
  return new AddressRefusedError(address, `in the range "${range}"`);
}
