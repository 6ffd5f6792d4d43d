import { expect, it } from 'vitest';
import { bootstrapProblem, checkBootstrap, parseBootstrap, withoutSpaces } from './bootstrap.ts';

it.each([
  ['localhost:9092', [{ host: 'localhost', port: 9092 }]],
  ['localhost', [{ host: 'localhost', port: 9092 }]],
  ['[::1]:9093', [{ host: '::1', port: 9093 }]],
  ['[::1]', [{ host: '::1', port: 9092 }]],
  ['[fe80::1%eth0]:1', [{ host: 'fe80::1%eth0', port: 1 }]],
  ['PLAINTEXT://c:3', [{ host: 'c', port: 3 }]],
  ['sasl_ssl://c:65535', [{ host: 'c', port: 65535 }]],
  [
    ' a:1 , b_2.example-x:2 ',
    [
      { host: 'a', port: 1 },
      { host: 'b_2.example-x', port: 2 },
    ],
  ],
])('%s', (bootstrap, addresses) => {
  expect(bootstrapProblem(bootstrap)).toBeNull();
  expect(parseBootstrap(bootstrap)).toEqual(addresses);
});

it.each([
  ['host:99999', 'expected a port from 1 to 65535, got "host:99999"'],
  ['host:0', 'expected a port from 1 to 65535, got "host:0"'],
  ['a:1,host:123456789012345678901', 'expected a port from 1 to 65535'],
  ['', 'expected host:port, or several with commas, got ""'],
  [' ', 'expected host:port, or several with commas, got " "'],
  ['a:1,,b:2', 'got ""'],
  ['a:1,', 'got ""'],
  ['a:1 b:2', 'got "a:1 b:2"'],
  ['a:1;b:2', 'got "a:1;b:2"'],
  [':9092', 'got ":9092"'],
  ['host:', 'got "host:"'],
  ['host:abc', 'got "host:abc"'],
  ['host:-1', 'got "host:-1"'],
  ['::1:9092', 'got "::1:9092"'],
  ['[::1', 'got "[::1"'],
  ['host/path:9092', 'got "host/path:9092"'],
  [
    'kafka://h:1',
    'expected no scheme, or one of plaintext, ssl, sasl_plaintext, sasl_ssl, got "kafka://h:1"',
  ],
  ['http://h:1', 'expected no scheme'],
  ['ssl://user:secret@h:1', 'got "ssl://…@h:1"'],
])('%s is refused', (bootstrap, problem) => {
  expect(bootstrapProblem(bootstrap)).toContain(problem);
  expect(() => checkBootstrap(bootstrap, '--bootstrap')).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(/^--bootstrap: /) as string,
    }) as Error,
  );
});

it('a scheme is that of the security protocol', () => {
  expect(bootstrapProblem('ssl://a:1', 'SSL')).toBeNull();
  expect(bootstrapProblem('ssl://a:1', 'PLAINTEXT')).toBe(
    '"ssl://a:1" contradicts security.protocol plaintext; leave the scheme out',
  );
});

it('spaces are left out', () => {
  expect(withoutSpaces(' a:1 , b')).toBe('a:1,b');
});
