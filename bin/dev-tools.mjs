// What bin/dev.mjs runs: the same set-up as the command itself, then one of the tools below or any program from
// node_modules/.bin.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafkaTableSource } from './kafka-table.mjs';
import { librdkafkaTableSource } from './librdkafka-table.mjs';
import { runInForeground } from './setup/children.mjs';
import { dependenciesReady, isReady } from './setup/ready.mjs';
import { setUp } from './setup/setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [tool = '', ...args] = process.argv.slice(2);

/** @param {string} name */
const program = (name) => join(root, 'node_modules', '.bin', name);

/** All four run, so that one look shows everything there is to mend. */
async function lint() {
  const checks = [
    ['eslint', '.'],
    ['prettier', '--check', '.'],
    ['tsc', '--noEmit', '-p', '.'],
    ['depcruise', '--config', '.dependency-cruiser.cjs', 'src', 'bin'],
  ];
  const failed = [];
  for (const [name = '', ...rest] of checks) {
    if ((await runInForeground(program(name), rest, root)) !== 0) failed.push(name);
  }
  if (failed.length > 0) console.error(`lint: ${failed.join(', ')} found something to mend.`);
  return failed.length > 0 ? 1 : 0;
}

/** `bench [name] [arguments]`: bench/<name>.ts, bench/main.ts by default, on what is compiled in dist/. */
function bench() {
  const named = args[0] !== undefined && !args[0].startsWith('-');
  const file = join(root, 'bench', `${named ? args[0] : 'main'}.ts`);
  if (!existsSync(file)) {
    const names = readdirSync(join(root, 'bench')).filter((name) => name.endsWith('.ts'));
    console.error(`There is no ${file}; bench/ has: ${names.join(', ') || 'nothing'}.`);
    return 2;
  }
  return runTypeScript(file, args.slice(named ? 1 : 0));
}

/** `test <tier> [vitest's arguments]`: the tiers are in test/requirements.ts, which knows what each test needs. */
function test() {
  const [tier = 'quick', ...rest] = args;
  process.env['KAFKA_BENCH_TESTS'] = tier;
  return runInForeground(program('vitest'), ['run', ...rest], root);
}

/**
 * @param {string} file of bench/
 * @param {string[]} rest
 */
function runTypeScript(file, rest) {
  const hook = new URL('./setup/typescript-hook.mjs', import.meta.url).href;
  return runInForeground(process.execPath, ['--import', hook, file, ...rest], root);
}

/** What is derived: two tables, then the published schemas, which the program itself prints. CI looks whether they are as committed. */
async function generate() {
  generateLibrdkafkaTable();
  await generateKafkaTable();
  const command = join(root, 'bin', 'kafka-bench.mjs');
  for (const [file, ...flags] of [
    ['scenarios/scenario.schema.json'],
    ['results/result.schema.json', '--result'],
    ['results/compare.schema.json', '--comparison'],
  ]) {
    const text = execFileSync(process.execPath, [command, 'schema', ...flags], { encoding: 'utf8' });
    writeFileSync(join(root, String(file)), text);
  }
  const { scenarioReference } = await import(new URL('../dist/scenario/reference.js', import.meta.url).href);
  writeFormatted(join(root, 'docs', 'scenarios.md'), scenarioReference());
  return 0;
}

/** What the scenario's checks know of librdkafka's properties, from the version that is installed. */
function generateLibrdkafkaTable() {
  const binding = join(root, 'node_modules', '@confluentinc', 'kafka-javascript');
  const { librdkafka } = JSON.parse(readFileSync(join(binding, 'package.json'), 'utf8'));
  const reference = readFileSync(join(binding, 'deps', 'librdkafka', 'CONFIGURATION.md'), 'utf8');
  writeSource('librdkafka-table.ts', librdkafkaTableSource(reference, librdkafka));
}

/** The same of Kafka's, where its jars are here. */
async function generateKafkaTable() {
  const { presentJars, defaultVersion } = await import(
    new URL('../dist/cluster/local/kafka-jars.js', import.meta.url).href
  );
  const libs = presentJars({ env: process.env, version: defaultVersion() })?.libs;
  if (libs === undefined) console.error('src/scenario/kafka-table.ts stays as it is: no Kafka jars here.');
  else writeSource('kafka-table.ts', kafkaTableSource(libs));
}

/** @param {string} name in src/scenario @param {string} text */
function writeSource(name, text) {
  writeFormatted(join(root, 'src', 'scenario', name), text);
}

/** @param {string} file @param {string} text */
function writeFormatted(file, text) {
  writeFileSync(file, text);
  execFileSync(program('prettier'), ['--write', '--log-level', 'warn', file]);
}

async function main() {
  const readsSourcesOnly = ['lint', 'prettier', 'eslint', 'tsc', 'depcruise'].includes(tool);
  if (!(readsSourcesOnly ? dependenciesReady(root) : isReady(root))) {
    const code = await setUp(root, { only: readsSourcesOnly ? 'dependencies' : undefined });
    if (code !== 0) return code;
  }
  if (tool === 'build') return 0;
  if (tool === 'lint') return lint();
  if (tool === 'test') return test();
  if (tool === 'bench') return bench();
  if (tool === 'conformance') return runTypeScript(join(root, 'bench', 'conformance', 'main.ts'), args);
  if (tool === 'generate') return generate();
  if (tool !== '' && existsSync(program(tool))) return runInForeground(program(tool), args, root);
  console.error(
    `Usage: node bin/dev.mjs build | test <tier> | lint | generate | bench [name] | conformance | <program of node_modules/.bin> [arguments]`,
  );
  return 2;
}

process.exitCode = await main();
