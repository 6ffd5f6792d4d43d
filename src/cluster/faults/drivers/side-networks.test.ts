import { expect, test } from 'vitest';
import { isWithin, remoteAddress } from './side-networks.ts';

test('a connection’s remote address, as the kernel lists it', () => {
  const tcp = '   0: 020012AC:2385 030013AC:A4F2 01 00000000:00000000 00:00000000 00000000  1000';
  expect(remoteAddress(tcp)).toBe('172.19.0.3');
  const mapped = '0000000000000000FFFF0000020012AC:A4F2 0000000000000000FFFF0000030013AC:2385 02';
  expect(remoteAddress(`  12: ${mapped} 00000000:00000000`)).toBe('172.19.0.3');
});

test('neither the heading, nor IPv6, nor a connection that is over', () => {
  expect(remoteAddress('  sl  local_address rem_address   st tx_queue rx_queue')).toBeUndefined();
  const ipv6 = '00000000000000000000000001000000:2385';
  expect(remoteAddress(`  1: ${ipv6} ${ipv6} 01`)).toBeUndefined();
  expect(remoteAddress('   0: 020012AC:2385 030013AC:A4F2 06')).toBeUndefined();
  expect(remoteAddress('')).toBeUndefined();
});

test('an address is in its subnet and in no other', () => {
  expect(isWithin('172.19.0.2', '172.19.0.0/16')).toBe(true);
  expect(isWithin('172.20.0.2', '172.19.0.0/16')).toBe(false);
  expect(isWithin('192.168.16.9', '192.168.16.0/20')).toBe(true);
  expect(isWithin('192.168.32.9', '192.168.16.0/20')).toBe(false);
  expect(isWithin('172.19.0.2', 'fd00::/64')).toBe(false);
});
