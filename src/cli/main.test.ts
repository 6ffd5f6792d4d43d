import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resultJsonSchema } from '../results/schema.ts';
import { main } from './main.ts';

async function call(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, { out: (text) => void out.push(text), err: (text) => void err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

describe('help', () => {
  it('lists the commands', async () => {
    const { code, out, err } = await call('--help');
    expect(code).toBe(0);
    for (const command of ['run', 'validate', 'schema', 'init', 'doctor', 'cluster', 'topics']) {
      expect(out).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    expect(err).toBe('');
  });

  it.each([['run'], ['cluster', 'up'], ['topics', 'create']])('explains %s', async (...command) => {
    const { code, out } = await call(...command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: kafka-bench ${command.join(' ')}`);
  });

  it('tells the version', async () => {
    expect(await call('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

describe('a command line that is wrong ends with 2 and one line that says why', () => {
  it.each([
    ['an unknown command', ['rnu', 'x.yaml'], "unknown command 'rnu'"],
    ['an unknown option', ['run', '--qiet', 'x.yaml'], "unknown option '--qiet'"],
    ['no file', ['run'], "missing required argument 'file'"],
    [
      'a cluster that cannot be asked for',
      ['run', '--cluster', 'cloud', 'x.yaml'],
      "argument 'cloud' is invalid",
    ],
    ['a number that is none', ['cluster', 'up', '--brokers', '0'], 'expected a whole number above 0'],
    ['a version that is none', ['cluster', 'up', '--version', '3.6'], 'expected a Kafka version from 3.7 on'],
    ['a broker that is not named', ['cluster', 'stop'], "missing required argument 'broker'"],
    [
      'a port that is none',
      ['run', '--bootstrap', 'host:99999', 'x.yaml'],
      'expected a port from 1 to 65535',
    ],
    [
      'an address that is none',
      ['topics', 'list', '--bootstrap', ''],
      'expected host:port, or several with commas',
    ],
    [
      'an unknown scheme',
      ['lag', 'g', '--bootstrap', 'http://h:1'],
      'expected no scheme, or one of plaintext',
    ],
    ['no IPv6 address', ['ab', 'x.yaml', '--bootstrap-b', '::1:9092'], 'expected host:port'],
    ['too much', ['schema', 'more'], 'too many arguments'],
    ['an unknown subcommand', ['topics', 'lst'], "unknown command 'lst'"],
  ])('%s', async (_, argv, why) => {
    const { code, out, err } = await call(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
    expect(err).toContain(why);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('and with the nearest name', async () => {
    expect((await call('rnu', 'x.yaml')).err).toContain('Did you mean run?');
    expect((await call('run', '--qiet', 'x.yaml')).err).toContain('Did you mean --quiet?');
  });

  it('and with the help where nothing is asked', async () => {
    const { code, err } = await call();
    expect(code).toBe(2);
    expect(err).toContain('Usage: kafka-bench');
  });
});

describe('a file that is not there', () => {
  it.each([['run'], ['validate']])('ends %s with 2 and one line that names it', async (command) => {
    const { code, err } = await call(command, 'no/such/file.yaml');
    expect(code).toBe(2);
    expect(err.match(/no\/such\/file\.yaml/g)).toHaveLength(1);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

describe('schema', () => {
  it('prints that of results', async () => {
    const { code, out } = await call('schema', '--result');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(resultJsonSchema());
  });

  it('prints that of scenarios', async () => {
    const { code, out } = await call('schema');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('$schema');
  });
});
