import { refusedAddress } from './address-guard.js';

const privateAddresses = [
  '127.0.0.1',
  '127.1.2.3',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fc00::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
];
const neverAddresses = [
  '169.254.169.254',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  '::',
  'fe80::1',
  'ff02::1',
  'fd00:ec2::254',
  '100.100.100.200',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '::7f00:1',
  'fec0::1',
  '168.63.129.16',
  '192.0.2.1',
];
const publicAddresses = ['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111', '::ffff:8.8.8.8'];

it.each(privateAddresses)('%s needs permission', (address) => {
  expect(refusedAddress(address, false)?.code).toBe('ERR_ADDRESS_REFUSED');
  expect(refusedAddress(address, true)).toBeUndefined();
});

it.each(neverAddresses)('%s is refused, permission or not', (address) => {
  expect(refusedAddress(address, false)).toBeDefined();
  expect(refusedAddress(address, true)).toBeDefined();
});

it.each(publicAddresses)('%s is allowed', (address) => {
  expect(refusedAddress(address, false)).toBeUndefined();
});

it('what is no address is refused', () => {
  expect(refusedAddress('localhost', true)).toBeDefined();
});
