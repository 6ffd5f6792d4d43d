import { createHash, randomInt } from 'node:crypto';
import { basename, dirname, extname, resolve } from 'node:path';
import type { AvroSchema } from '../workload/avro/schema.ts';
import type { Warning } from '../base/errors.ts';
import { scrub } from '../base/redact.ts';
import { readDocument, type ScenarioDocument } from './document.ts';
import { type Finding, samePath, touches } from './explain.ts';
import { readAvroFiles, storedAvroFiles } from './avro-files.ts';
import { checkSchema } from './check-schema.ts';
import { canonicalJson } from './canonical-json.ts';
import { notPlain } from './plain-value.ts';
import { type Path, type Problem, ScenarioError } from './problem.ts';
import { checkRules } from './rules.ts';
import type { Scenario, ScenarioOutput } from './schema.ts';
import { applySettings, type Setting, settingPaths } from './settings.ts';
import { decodeText, environmentBeside, readReferencedFile, readScenarioFile } from './source-file.ts';
import { type Sources, substitute } from './substitute.ts';
import { findUnsupported } from './support.ts';

export interface LoadedScenario {
  /** Defaults filled in, every topic listed. */
  readonly scenario: Scenario;
  /** The Avro schemas that it names, by the path as it is written there. */
  readonly avro: ReadonlyMap<string, AvroSchema>;
  /** As it was named. */
  readonly file: string;
  /** Of `resolved`, keys sorted: a changed value is a changed scenario, a changed comment is not. */
  readonly sha256: string;
  /** The scenario's, else drawn for this run. */
  readonly seed: number;
  /** The file as JSON with the environment filled in; files and secrets stay references or redacted. */
  readonly resolved: unknown;
  /** Every secret that the scenario resolved to, for scrub(). */
  readonly secrets: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface LoadOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Whether a flag names a running cluster; KAFKA_BENCH_BOOTSTRAP in `env` says the same. */
  readonly bootstrapGiven?: boolean;
  /** Values that replace those of the file. */
  readonly settings?: readonly Setting[];
}

/**
 * Reads, checks and completes a scenario file; `${env:…}` also comes from a `.env` beside it.
 * @throws ScenarioError with all problems of the file.
 */
export async function loadScenario(file: string, options: LoadOptions = {}): Promise<LoadedScenario> {
  const bytes = await readScenarioFile(file);
  return parseScenario(decodeText(bytes, file), {
    ...options,
    file,
    // What the shell says goes before what lies beside the scenario.
    env: { ...(await environmentBeside(file)), ...(options.env ?? process.env) },
    readFile: (path) => readReferencedFile(resolve(dirname(file), path)),
  });
}

/**
 * The same for a scenario that is a value: what stands in a file, as a mapping. Paths in it are relative to the
 * working directory.
 * @throws ScenarioError as {@link loadScenario}, and for what no file could say
 */
export function loadScenarioValue(value: object, options: LoadOptions = {}): LoadedScenario {
  const problems = notPlain(value).map((message) => ({ file: 'scenario', line: 0, column: 0, message }));
  if (problems.length > 0) throw new ScenarioError(problems);
  // JSON is YAML, and problems have a line to show.
  return parseScenario(JSON.stringify(value, null, 2), {
    ...options,
    file: 'scenario',
    env: options.env ?? process.env,
    readFile: readReferencedFile,
  });
}

/** The same for a text that is already read; touches neither disk nor environment but through `sources`. */
export function parseScenario(
  text: string,
  sources: Sources & Omit<LoadOptions, 'env'> & { readonly file: string },
): LoadedScenario {
  const { file } = sources;
  const lines = text.split(/\r\n|\n|\r/);
  const document = readDocument(text);
  if ('unreadable' in document) {
    const problems = document.unreadable.map((each) => ({ file, ...each, ...sourceLine(lines, each.line) }));
    throw new ScenarioError(problems);
  }

  const settings = sources.settings ?? [];
  const given = applySettings(document.value, settings);
  const { value: root, stored, secrets, problems: unfilled } = substitute(given, sources);
  const set = settingPaths(given, settings);
  const setBy = (path: Path): string | undefined =>
    set.findLast((each) => each.path.length <= path.length && touches(each.path, path))?.text;
  const bootstrapGiven = sources.bootstrapGiven === true || Boolean(sources.env['KAFKA_BENCH_BOOTSTRAP']);
  const schema = checkSchema(root, (path) =>
    setBy(path) === undefined ? document.written(path) : undefined,
  );
  // What could not be filled in is already reported: that it is no duration either helps nobody.
  const refused = schema.findings.filter((each) => !unfilled.some(({ path }) => samePath(path, each.path)));
  const refusedPaths = [...refused, ...unfilled].map((each) => each.path);
  const avro = schema.remains && readAvroFiles(schema.remains.scenario, sources.readFile);
  const checked =
    schema.remains &&
    avro &&
    checkRules(schema.remains, { root, avro, refused: refusedPaths, bootstrapGiven });
  const findings = [
    ...unfilled,
    ...refused,
    ...(checked?.findings ?? []),
    ...findUnsupported({ root, bootstrapGiven }),
  ];
  if (!schema.remains || !avro || findings.length > 0 || document.problems.length > 0) {
    throw new ScenarioError(
      placed(findings, document, lines, file, setBy).map((each) => withoutSecrets(each, secrets)),
    );
  }
  const output = schema.remains.scenario;
  const avroFiles = storedAvroFiles(avro);
  const resolved = avroFiles === null ? stored : { ...(stored as object), avroFiles };
  return {
    scenario: complete(output, file),
    avro: avro.schemas,
    file,
    sha256: createHash('sha256').update(canonicalJson(resolved)).digest('hex'),
    seed: output.seed ?? randomInt(2 ** 32),
    resolved,
    secrets,
    warnings: checked?.warnings ?? [],
  };
}

/** With its name, and with the topics that only producers and consumers name. */
function complete(output: ScenarioOutput, file: string): Scenario {
  const { producers, consumers, topics } = output;
  const listed = new Set(topics.map(({ name }) => name));
  const named = new Set([
    ...producers.map(({ topic }) => topic),
    ...consumers.flatMap(({ topics: read, deadLetter }) => [
      ...read,
      ...(deadLetter ? [deadLetter.topic] : []),
    ]),
  ]);
  const implied = [...named]
    .filter((name) => !listed.has(name))
    .map((name) => ({ name, config: {}, reuse: false }));
  return { ...output, name: output.name ?? nameOf(file), topics: [...topics, ...implied] };
}

function nameOf(file: string): string {
  const name = basename(file, extname(file)).replace(/[^A-Za-z0-9._-]+/g, '-');
  return name.replace(/^[^A-Za-z0-9]+/, '') || 'scenario';
}

/** In the order of the file, what a flag set first, each place and message once. */
function placed(
  findings: readonly Finding[],
  document: ScenarioDocument,
  lines: readonly string[],
  file: string,
  setBy: (path: Path) => string | undefined,
): Problem[] {
  const problems = [
    ...document.problems.map((each): Problem => ({ file, ...each, ...sourceLine(lines, each.line) })),
    ...findings.map(({ path, at, ...rest }): Problem => {
      const setting = setBy(path);
      if (setting !== undefined) return { file: `--set ${setting}`, line: 0, column: 0, ...rest };
      const place = document.locate(path, at);
      return { file, ...place, ...rest, ...sourceLine(lines, place.line) };
    }),
  ];
  const once = new Map(problems.map((each) => [`${each.line} ${each.message}`, each]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function sourceLine(lines: readonly string[], line: number): { source?: string } {
  const source = lines[line - 1];
  return source === undefined ? {} : { source };
}

function withoutSecrets(problem: Problem, secrets: readonly string[]): Problem {
  const source = problem.source === undefined ? {} : { source: scrub(problem.source, secrets) };
  return {
    ...problem,
    file: scrub(problem.file, secrets),
    message: scrub(problem.message, secrets),
    ...source,
  };
}
