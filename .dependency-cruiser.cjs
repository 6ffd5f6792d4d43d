// The arrows between the rooms of src/ (ARCHITECTURE.md), checked by `npm run lint`. Types count as imports.

/** What each room may import beside itself and base/. A new room needs a line here. */
const arrows = {
  base: [[], 'The floor everything stands on: it knows nothing of the house.'],
  measure: [[], 'Handed clock and records; no I/O, so that it can be tested and replayed anywhere.'],
  verify: [[], 'The verdict depends on records alone.'],
  avro: [[], 'Schemas, records, framing and the registry: no clients, no scenario.'],
  scenario: [['avro'], 'The file format is read and checked without starting anything.'],
  admin: [[], 'An adapter on one client, replaceable as a whole.'],
  workload: [
    ['verify', 'avro'],
    'When and what to send; of the rest it knows only the envelope and how Avro is written.',
  ],
  kafka: [['measure', 'verify'], 'The binding and its sources of records.'],
  tap: [['measure', 'verify'], 'The native recorder and what it wrote: files and numbers, no client.'],
  worker: [
    ['kafka', 'tap', 'workload', 'measure', 'verify'],
    'The process that has the clients, and nothing of the coordinator.',
  ],
  cluster: [['admin'], 'Providers stand alone; metadata comes through admin.'],
  faults: [
    ['cluster'],
    'Actions go through the contract; the undo of a dead run has only what the provider left on disk.',
  ],
  results: [
    ['measure', 'verify', 'workload'],
    'Files outlive runs: reading one needs no run, cluster or scenario; workload makes keys of lost messages again.',
  ],
  compare: [['results', 'measure'], 'Compares what files say; of measure it knows percentiles and validity.'],
  report: [['compare', 'results'], 'Renders what files say.'],
  run: [
    ['scenario', 'avro', 'cluster', 'faults', 'protocol/protocol.ts', 'admin', 'results', 'measure', 'verify'],
    'The coordinator: it talks to workers through the protocol only.',
  ],
  experiment: [['run', 'compare', 'results'], 'Many runs, one question.'],
};
const rooms = Object.keys(arrows);

// A test may set a scene with whatever it needs; what ships may not.
const tests = '\\.(test|case)\\.ts$';
const binding = '@confluentinc/kafka-javascript';
const adminClient = '@platformatic/kafka';

const arrowRules = Object.entries(arrows).map(([room, [allowed, comment]]) => ({
  name: `${room}-arrows`,
  comment,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: tests },
  to: {
    path: '^src/',
    pathNot: [room, 'base', ...allowed].map((to) => (to.endsWith('.ts') ? `^src/${to}$` : `^src/${to}/`)),
  },
}));

module.exports = {
  forbidden: [
    ...arrowRules,
    {
      name: 'protocol-arrows',
      comment: 'Both sides read protocol/protocol.ts: whatever it imported, the coordinator would load too.',
      severity: 'error',
      from: { path: '^src/worker/protocol\\.ts$' },
      to: { path: '^src/', pathNot: '^src/base/' },
    },
    {
      name: 'unknown-room',
      comment: 'A folder of src/ without arrows above would escape every rule.',
      severity: 'error',
      from: { path: `^src/(?!(${[...rooms, 'cli'].join('|')})/)[^/]+/` },
      to: {},
    },
    {
      name: 'cli-is-the-top',
      comment:
        'Printing and exit codes live in cli/; only bin/ starts it, and the library entry does without.',
      severity: 'error',
      from: { path: '^(src|bench)/', pathNot: ['^src/cli/', tests] },
      to: { path: '^src/cli/' },
    },
    {
      name: 'commands-are-lazy',
      comment: '`--help` must not pay for what `run` loads: a command imports a room when it runs.',
      severity: 'error',
      from: { path: '^src/cli/(main\\.ts$|commands/)', pathNot: tests },
      to: {
        path: '^src/',
        pathNot: ['^src/base/', '^src/cli/(commands/|(failure|io)\\.ts$)'],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'only-kafka-imports-the-binding',
      comment: 'The binding registers once per process and is native: one room knows it.',
      severity: 'error',
      from: { path: '^(src|bench|bin)/', pathNot: ['^src/kafka/', '^bench/', tests] },
      to: { path: [`node_modules/${binding}`, `^${binding}`] },
    },
    {
      name: 'only-admin-imports-its-client',
      comment: 'The pure-JavaScript client is behind one adapter, so that it can be replaced.',
      severity: 'error',
      from: { path: '^(src|bench|bin)/', pathNot: ['^src/admin/', tests] },
      to: { path: [`node_modules/${adminClient}`, `^${adminClient}`] },
    },
    {
      name: 'only-measure-imports-the-histogram-library',
      comment: 'Two fields of its encoding are mended in one place.',
      severity: 'error',
      from: { path: '^(src|bench|bin)/', pathNot: ['^src/measure/', tests] },
      to: { path: ['node_modules/hdr-histogram-js', '^hdr-histogram-js'] },
    },
    {
      name: 'hot-path-never-reaches-the-histogram-library',
      comment: 'Workers record into measure/recorder.ts; what becomes of it is for the coordinator.',
      severity: 'error',
      from: { path: '^src/(worker|tap|kafka|workload)/', pathNot: tests },
      to: { path: '^src/measure/(hdr-counts|histogram)\\.ts$', reachable: true },
    },
    {
      name: 'coordinator-never-reaches-the-binding',
      comment:
        'report, compare and results must work on a machine without the binding, and a run must outlive a crash of it.',
      severity: 'error',
      from: {
        path: '^src/(cli|run|experiment|results|report|compare|cluster|faults|admin|scenario)/|^src/index\\.ts$',
        pathNot: tests,
      },
      to: { path: '^src/kafka/', reachable: true },
    },
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-test',
      comment: 'Test code is not compiled into dist/.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: [tests, '^test/'] },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'Development dependencies are not there where the package is installed.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'bin-has-built-ins-only',
      comment:
        'bin/ runs before anything is installed. The loader of benchmarks needs the compiler, long after.',
      severity: 'error',
      from: { path: '^bin/', pathNot: '^bin/setup/typescript-loader\\.mjs$' },
      to: { pathNot: '^bin/', dependencyTypesNot: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
