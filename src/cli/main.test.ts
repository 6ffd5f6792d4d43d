import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resultJsonSchema } from '../results/schema.ts';
import { commands } from './commands/all.ts';
import { everyCommand, isGroup, nameOf } from './commands/command.ts';
import { otherVariables, variableOf } from './commands/environment.ts';
import { main } from './main.ts';

const call = (...argv: string[]) => callIn({}, ...argv);

async function callIn(env: NodeJS.ProcessEnv, ...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await main(argv, io, env);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const tooLong = (text: string) => text.split('\n').filter((line) => line.length > 80);

const version = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

describe('help', () => {
  it('lists the commands', async () => {
    const { code, out, err } = await call('--help');
    expect(code).toBe(0);
    for (const command of commands.map(nameOf))
      expect(out).toMatch(new RegExp(`^ {2}kafka-bench ${command}\\b`, 'm'));
    expect(err).toBe('');
    expect(tooLong(out)).toEqual([]);
  });

  it.each(everyCommand(commands))('explains %s, in 80 columns and with an example', async (path, command) => {
    for (const asked of ['--help', '-h']) {
      const { code, out } = await call(...path.split(' '), asked);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: kafka-bench ${path}`);
      expect(tooLong(out)).toEqual([]);
      const examples = out.split('Examples:\n')[1]!.split('\n');
      expect(examples).toEqual(command.examples.map((line) => `  ${line}`));
      expect(examples.at(-1)).toContain(`npx kafka-bench ${path}`);
    }
  });

  it.each(commands.filter(isGroup).map((each) => [each.usage, each] as const))(
    'lists what is below %s',
    async (name, group) => {
      const { code, out } = await call(name, '--help');
      expect(code).toBe(0);
      for (const each of group.commands) expect(out).toContain(`  kafka-bench ${name} ${nameOf(each)}`);
      expect(tooLong(out)).toEqual([]);
    },
  );

  it.each(['--version', '-V'])('tells the version: %s', async (asked) => {
    expect(await call(asked)).toEqual({ code: 0, out: version, err: '' });
  });
});

describe('a command line that is wrong ends with 2 and one line that says why', () => {
  it.each([
    ['an unknown command', ['rnu', 'x.yaml'], 'unknown command rnu\n'],
    ['an unknown option', ['run', '--qiet', 'x.yaml'], 'unknown option --qiet\n'],
    ['no file', ['run'], 'an argument is missing'],
    [
      'a cluster that cannot be asked for',
      ['run', '--cluster', 'cloud', 'x.yaml'],
      '--cluster cloud is none of auto, local, compose, mock',
    ],
    [
      'a cluster that runs already',
      ['run', '--cluster', 'external', 'x.yaml'],
      'hint: name a cluster that runs already by --bootstrap host:port',
    ],
    [
      'two clusters',
      ['run', '--cluster', 'mock', '--bootstrap', 'b:9092', 'x.yaml'],
      'error: --bootstrap and --cluster mock name two clusters\nhint: leave one of them out',
    ],
    ['a number that is none', ['cluster', 'up', '--brokers', '0'], 'expected a whole number above 0'],
    ['a version that is none', ['cluster', 'up', '--version', '3.6'], 'expected a Kafka version from 3.7 on'],
    ['a broker that is not named', ['cluster', 'stop'], 'hint: kafka-bench cluster stop <broker>'],
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
    ['too much', ['schema', 'more'], 'too many arguments: more'],
    ['an option with no value', ['run', 'x.yaml', '--trials'], '--trials has no value'],
    ['an option that must be', ['offsets', 'reset', 'g', '--to', 'latest'], '--topic must be given'],
    ['options in both spellings', ['run', 'x.yaml', '--acksource', 'tap'], 'unknown option --acksource\n'],
    ['a short option', ['run', 'x.yaml', '-q'], 'unknown option -q\n'],
    ['an option of another command', ['run', 'x.yaml', '--version'], 'unknown option --version\n'],
    ['no subcommand', ['cluster'], 'hint: one of up, down, status'],
    ['an argument that is none', ['completion', 'fish'], 'shell fish is none of bash, zsh'],
    ['an unknown subcommand', ['topics', 'lst'], 'unknown command lst\n'],
  ])('%s', async (_, argv, why) => {
    const { code, out, err } = await call(...argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
    expect(err).toContain(why);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('and with the nearest name', async () => {
    expect((await call('rnu', 'x.yaml')).err).toContain('did you mean run?');
    expect((await call('run', '--qiet', 'x.yaml')).err).toContain('did you mean --quiet?');
  });

  it.each([
    ['--no-kep', 'did you mean --keep?'],
    ['--ack-sorce=tap', 'did you mean --ack-source?'],
    ['--plnt', 'compare --help lists them'],
  ])('and never with a name that is not near: %s', async (option, hint) => {
    const command = option === '--plnt' ? 'compare' : 'run';
    expect((await call(command, option, 'x.yaml')).err).toContain(hint);
  });

  it('and with the choice that is near', async () => {
    expect((await call('run', 'x.yaml', '--cluster', 'locl')).err).toContain('did you mean local?');
  });

  it('and with the help where nothing is asked', async () => {
    const { code, err } = await call();
    expect(code).toBe(2);
    expect(err).toContain('Usage: kafka-bench');
  });
});

describe('the environment', () => {
  const scenario = 'scenarios/acks0.yaml';

  it('stands for options that are not given', async () => {
    const rate = { KAFKA_BENCH_SET: 'producers.0.rate=nonsense' };
    expect((await callIn(rate, 'validate', scenario)).err).toContain('nonsense');
    expect((await callIn(rate, 'validate', scenario, '--set', 'seed=1')).code).toBe(0);
    expect((await callIn({ KAFKA_BENCH_RESULT: 'yes' }, 'schema')).out).toContain('runId');
    expect((await callIn({ KAFKA_BENCH_RESULT: '0' }, 'schema')).out).not.toContain('runId');
    expect((await callIn({ KAFKA_BENCH_RESULT: '1' }, 'schema', '--no-result')).out).not.toContain('runId');
  });

  it('is named where it is wrong', async () => {
    const wrong = async (env: NodeJS.ProcessEnv) => {
      const { code, err } = await callIn(env, 'run', scenario, '--cluster', 'mock');
      expect(code).toBe(2);
      return err;
    };
    expect(await wrong({ KAFKA_BENCH_TRIALS: 'two' })).toContain(
      'KAFKA_BENCH_TRIALS two: expected a whole number above 0',
    );
    expect(await wrong({ KAFKA_BENCH_QUIET: 'maybe' })).toContain(
      'KAFKA_BENCH_QUIET="maybe" is neither true nor false',
    );
    expect(await wrong({ KAFKA_BENCH_ACK_SOURCE: 'tape' })).toMatch(
      /KAFKA_BENCH_ACK_SOURCE tape is none of auto, .*\n.*did you mean tap\?/,
    );
  });

  it('knows variables that are no options, and those that are empty', async () => {
    const env = { KAFKA_BENCH_CACHE: '/x', KAFKA_BENCH_TESTS: 'all', KAFKA_BENCH_SET: '' };
    expect((await callIn(env, 'validate', scenario)).code).toBe(0);
  });

  it('is read as what was most likely meant: a name that is nearly an option’s is refused', async () => {
    const { code, err } = await callIn({ KAFKA_BENCH_TRAILS: '3' }, 'validate', scenario);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(
        /^error: unknown variable KAFKA_BENCH_TRAILS\nhint: did you mean KAFKA_BENCH_TRIALS\?/,
      ),
    ]);
    const own = { KAFKA_BENCH_MY_REGION: 'x', KAFKA_BENCH_TRAILS: '' };
    expect((await callIn(own, 'validate', scenario)).code).toBe(0);
    expect((await callIn({ KAFKA_BENCH_TRAILS: '3' }, 'validate', '--help')).code).toBe(0);
  });

  it('has no option by the name of a variable with another meaning', () => {
    const variables = everyCommand(commands).flatMap(([, { options }]) =>
      Object.keys(options).map(variableOf),
    );
    expect(variables.filter((name) => otherVariables.includes(name))).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    ['--keep=5', '--keep 5 is neither true nor false'],
    ['--quiet=', '--quiet  is neither true nor false'],
  ])('that are flags take no other value: %s', async (option, message) => {
    const { code, err } = await call('run', 'no/such/file.yaml', option);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    [['--cluster', 'local,mokc'], 'mock'],
    [['--cluster', 'composed'], 'compose'],
    [['--subject', 'scenario,versionz'], 'versions'],
  ])('that are lists in one word name what is near: %j', async (option, near) => {
    const { code, err } = await call('ab', 'x.yaml', ...option);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(new RegExp(`expected .*; did you mean ${near}\\?`)),
    ]);
  });

  it('take the last where two are given, and texts as they are', async () => {
    const { err } = await call('lag', '007', '--interval', '1h', '--interval', '5');
    expect(err).toContain('--interval "5" is not a duration');
  });

  it('that are lists leave the arguments behind them alone', async () => {
    const { code, err } = await callIn(
      { PATH: '', KAFKA_BENCH_CACHE: '/nonexistent/kafka-bench' },
      ...['topics', 'create', '--config', 'cleanup.policy', 'orders'],
    );
    expect([code, err]).toEqual([2, expect.stringContaining('"cleanup.policy" is not of the form')]);
  });
});

describe('completion', () => {
  const offered = async (...words: string[]) =>
    (await call('--get-yargs-completions', 'kafka-bench', ...words)).out.split('\n');

  it('offers commands, options and choices', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(['run', 'cluster', 'completion']));
    expect(await offered('cluster', '')).toEqual(expect.arrayContaining(['up', 'down']));
    expect(await offered('run', '--')).toEqual(expect.arrayContaining(['--cluster', '--ack-source']));
    expect(await offered('compare', '--')).not.toContain('--plant');
    expect(await offered('run', '--cluster', '')).toEqual(['auto', 'local', 'compose', 'mock']);
    expect(await offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh']));
  });

  it('runs nothing', async () => {
    expect(await call('--get-yargs-completions', 'kafka-bench', 'init', 'x')).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect(existsSync('x')).toBe(false);
  });

  it.each([
    ['bash', /^complete .* kafka-bench$/m],
    ['zsh', /^#compdef kafka-bench$/m],
  ])('has a script for %s, which says so when it asks', async (shell, registers) => {
    const { out } = await call('completion', shell);
    expect(out).toMatch(registers);
    expect(out).toContain(`SHELL=${shell} kafka-bench --get-yargs-completions`);
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
