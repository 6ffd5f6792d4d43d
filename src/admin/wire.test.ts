import { expect, test } from 'vitest';
import { parseBootstrap } from './wire.ts';

test('bootstrap lists take spaces, schemes, IPv6 and a default port', () => {
  expect(parseBootstrap(' a:1, b:2 ,PLAINTEXT://c:3,[::1]:4,d,')).toEqual([
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
    { host: 'c', port: 3 },
    { host: '::1', port: 4 },
    { host: 'd', port: 9092 },
  ]);
});
