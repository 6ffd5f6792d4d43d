import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { holdProject } from '../cluster/compose/left-project.ts';
import { environmentWith } from '../cluster/executables.case.ts';
import { heldIn } from '../cluster/leftover.ts';
import { Journal } from '../cluster/faults/journal.ts';
import { holdTopics } from '../trial/left-topics.ts';
import { runFaultsRestore } from './faults.ts';

const cache = mkdtempSync(join(tmpdir(), 'kafka-bench-faults-'));
afterAll(() => rmSync(cache, { recursive: true }));
const env = { KAFKA_BENCH_CACHE: cache };

function lines() {
  const out: string[] = [];
  const err: string[] = [];
  return { out, err, io: { out: (line: string) => out.push(line), err: (line: string) => err.push(line) } };
}

test('says what it undid, what it could not, and what to type', async () => {
  const nothing = lines();
  expect(await runFaultsRestore({ env }, nothing.io)).toBe(0);
  expect(nothing.out).toEqual(['nothing to undo']);

  const journal = new Journal('run1', env);
  const settings = { DOCKER_HOST: 'unix:///somewhere' };
  journal.begin('a', { kind: 'docker', container: 'kafka2', action: 'start', env: settings });
  const going = lines();
  expect(await runFaultsRestore({ env }, going.io)).toBe(0);
  expect(going.out[0]).toMatch(/^run run1 goes on .*1 now open$/);
  journal.close();

  const failing = lines();
  const undo = () => Promise.reject(new Error('no engine'));
  expect(await runFaultsRestore({ env, undo }, failing.io)).toBe(5);
  expect(failing.err).toEqual([
    'run run1: could not docker start kafka2: no engine',
    'by hand: DOCKER_HOST=unix:///somewhere docker start kafka2',
    `where that is gone for good: rm ${journal.path}`,
  ]);

  const working = lines();
  const started = () => Promise.resolve({ what: 'kafka2 started', needed: true });
  expect(await runFaultsRestore({ env, undo: started }, working.io)).toBe(0);
  expect(working.out).toEqual(['run run1: kafka2 started']);
});

/** As a run that was killed would have written it. */
function killed(path: string): void {
  const { what } = JSON.parse(readFileSync(path, 'utf8')) as { what: object };
  writeFileSync(path, JSON.stringify({ owner: { pid: 2 ** 22 + 1, startTime: '1' }, what }));
}

test('names topics and projects that it could not remove, what to type, and which file to delete', async () => {
  const noEngine = { ...env, PATH: '', DOCKER_HOST: 'unix:///there' };
  const topics = {
    bootstrap: 'localhost:1',
    names: ['orders-1'],
    kind: 'external',
    protocol: 'plaintext',
  } as const;
  holdTopics(noEngine, { run: 'r1', ...topics });
  holdProject(noEngine, { fresh: true, before: [], at: Date.now(), ids: [] });
  const notes = ['topics', 'compose-started'].flatMap((name) => heldIn(() => join(cache, name)));
  notes.forEach(killed);

  const failing = lines();
  expect(await runFaultsRestore({ env: { ...env, PATH: '' } }, failing.io)).toBe(5);
  expect(failing.err).toEqual([
    expect.stringMatching(/^run r1: could not delete topics orders-1: .*connection refused/),
    'by hand: kafka-bench topics delete orders-1 --bootstrap localhost:1',
    `where that is gone for good: rm ${notes[0]!}`,
    'could not end the compose project that a run had left: Docker not installed',
    'by hand: DOCKER_HOST=unix:///there docker rm -f kafka1 kafka2 kafka3',
    `where that is gone for good: rm ${notes[1]!}`,
  ]);

  for (const note of notes) rmSync(note);
  const nothing = lines();
  expect(await runFaultsRestore({ env }, nothing.io)).toBe(0);
  expect(nothing.out).toEqual(['nothing to undo']);
});

test('what could not be undone has gone with the project that it was in', async () => {
  // An engine with brokers that do not start any more, until they are removed.
  const containers = [1, 2, 3].map((n) => ({
    ...{ Id: `id-${n}`, Name: `/kafka${n}`, State: { Running: false, Paused: false } },
    ...{ Config: { Image: 'apache/kafka:4.3.0', Labels: { 'com.docker.compose.service': `kafka${n}` } } },
    HostConfig: {},
  }));
  const { env: engine, remove } = environmentWith({
    docker: `case "$*" in
  *inspect*) if [ -e "$HOME/gone" ]; then echo "[]"; echo "Error: No such container: kafka2" >&2; exit 1; fi
cat <<'END'
${JSON.stringify(containers)}
END
  ;;
  "start kafka2") echo "no space left on device" >&2; exit 1;;
  *" down -v") : > "$HOME/gone";;
esac`,
  });
  onTestFinished(remove);
  const there: NodeJS.ProcessEnv = { ...engine, PATH: `${engine['PATH']!}:${process.env['PATH']!}` };
  const settings = { PATH: there['PATH']!, HOME: there['HOME']! };
  const journal = new Journal('run2', there);
  journal.begin('a', { kind: 'docker', container: 'kafka2', action: 'start', env: settings });
  journal.close();
  const topics = {
    bootstrap: 'localhost:1',
    names: ['orders-1'],
    kind: 'compose',
    protocol: 'plaintext',
  } as const;
  holdTopics(there, { run: 'run2', ...topics });
  holdProject(there, { fresh: true, before: [], at: Date.now(), ids: ['id-1', 'id-2', 'id-3'] });
  for (const name of ['topics', 'compose-started'])
    heldIn(() => join(there['KAFKA_BENCH_CACHE']!, name)).forEach(killed);

  const { out, err, io } = lines();
  expect(await runFaultsRestore({ env: there }, io)).toBe(0);
  expect(err).toEqual([]);
  expect(out).toEqual(['run run2: kafka2 is gone', 'ended the compose project that a run had left']);
  const again = lines();
  expect(await runFaultsRestore({ env: there }, again.io)).toBe(0);
  expect(again.out).toEqual(['nothing to undo']);
});
