import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { packageRoot } from '../../base/package-root.ts';
import { environmentWith } from '../executables.case.ts';
import { defaultVersion, presentJars, resolveJars } from './kafka-jars.ts';

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

function machine(scripts: Record<string, string>): { env: NodeJS.ProcessEnv; home: string } {
  const { env, remove } = environmentWith(scripts);
  removals.push(remove);
  return { env: { ...env, PATH: `${env['PATH']!}:/usr/bin:/bin` }, home: env['HOME']! };
}

/** A Maven that writes down its call and makes one jar where it is told to. */
const maven = `
echo "$@" >> "$HOME/calls"
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="\${word#*=}";; -Dkafka.version=*) version="\${word#*=}";; esac; done
mkdir -p "$out"; sleep 0.2; touch "$out/kafka_2.13-$version.jar"`;

test('Maven is asked once; then the cache serves', async () => {
  const { env, home } = machine({ mvn: maven });
  expect(presentJars({ env })).toBeUndefined();
  const first = await resolveJars({ env });
  expect(first).toMatchObject({ version: defaultVersion(), from: 'Maven' });
  expect(readdirSync(first.libs)).toEqual([`kafka_2.13-${defaultVersion()}.jar`]);
  expect(await resolveJars({ env })).toMatchObject({ libs: first.libs, from: 'cache' });
  expect(readFileSync(join(home, 'calls'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('two at once end with one complete directory and nothing beside it', async () => {
  const { env } = machine({ mvn: maven });
  const [a, b] = await Promise.all([resolveJars({ env }), resolveJars({ env })]);
  expect(a.libs).toBe(b.libs);
  expect(readdirSync(join(a.libs, '..'))).toHaveLength(1);
});

test('another version is another directory', async () => {
  const { env } = machine({ mvn: maven });
  const jars = await resolveJars({ env, version: '3.9.1' });
  expect(existsSync(join(jars.libs, 'kafka_2.13-3.9.1.jar'))).toBe(true);
  expect(presentJars({ env })).toBeUndefined();
});

test('a line is completed to its release; Kafka 3 has jars of its own, with the logger that it knows', async () => {
  const { env, home } = machine({ mvn: maven });
  expect(await resolveJars({ env, version: '4.1' })).toMatchObject({ version: '4.1.2' });
  expect(await resolveJars({ env, version: '3.9' })).toMatchObject({ version: '3.9.2' });
  const poms = readFileSync(join(home, 'calls'), 'utf8').match(/[^/]*\.xml/g)!;
  expect(poms).toEqual(['pom.xml', 'pom-3.xml']);
  const jars = (pom: string) => readFileSync(join(packageRoot(), 'src/cluster', pom), 'utf8');
  expect(jars('pom-3.xml')).toContain('slf4j-reload4j');
  expect(jars('pom-3.xml')).not.toContain('org.apache.logging.log4j');
});

test('a failing Maven leaves its reason and no directory', async () => {
  const { env } = machine({
    mvn: `echo '[ERROR] artifact not found'; echo '[ERROR] To see the stack trace'; exit 1`,
  });
  await expect(resolveJars({ env, version: '9.9.9' })).rejects.toMatchObject({
    message: 'cannot get Apache Kafka 9.9.9: [ERROR] artifact not found',
    hint: expect.stringContaining('KAFKA_HOME') as unknown,
  });
  expect(presentJars({ env, version: '9.9.9' })).toBeUndefined();
});

test('a disk that is full is named as such, and not Maven’s repository', async () => {
  const { env } = machine({ mvn: `echo '[ERROR] Error copying a.jar: No space left on device'; exit 1` });
  await expect(resolveJars({ env })).rejects.toMatchObject({
    message: expect.stringContaining('No space left on device') as unknown,
    hint: expect.stringMatching(/^the disk is full: free some space, .*KAFKA_BENCH_CACHE/) as unknown,
  });
});

test('KAFKA_HOME serves its own version, and no other', () => {
  const { env, home } = machine({});
  mkdirSync(join(home, 'libs'));
  writeFileSync(join(home, 'libs', 'kafka_2.13-4.1.0.jar'), '');
  writeFileSync(join(home, 'libs', 'kafka_2.13-4.1.0-sources.jar'), '');
  const withHome = { ...env, KAFKA_HOME: home };
  expect(presentJars({ env: withHome })).toEqual({
    libs: join(home, 'libs'),
    version: '4.1.0',
    from: 'KAFKA_HOME',
  });
  expect(presentJars({ env: withHome, version: '4.1' })).toMatchObject({
    version: '4.1.0',
    from: 'KAFKA_HOME',
  });
  expect(presentJars({ env: withHome, version: '4.3.0' })).toBeUndefined();
});
