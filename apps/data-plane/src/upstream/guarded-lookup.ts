import dns from 'node:dns';
import net, { type LookupFunction } from 'node:net';
import { type AddressRefusedError, refusedAddress } from './address-guard.js';

/**
 * The address is judged where it is known: a literal before connecting (Node doesn't call `lookup` for one), a name in
 * the lookup that the socket then uses, so that a second answer can't differ.
 */
export function refusedLiteral(host: string, allowPrivateNetwork: boolean): AddressRefusedError | undefined {
  return net.isIP(host) === 0 ? undefined : refusedAddress(host, allowPrivateNetwork);
}

/** `dns.lookup`, without the addresses that may not be connected to. */
export function guardedLookup(allowPrivateNetwork: boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const allowed = addresses.filter((entry) => refusedAddress(entry.address, allowPrivateNetwork) === undefined);
      const first = allowed[0];
      if (first === undefined) {
        callback(refusedAddress(addresses[0]?.address ?? hostname, allowPrivateNetwork) ?? null, '');
        return;
      }
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
