// The arrows between the rooms of src/ (ARCHITECTURE.md), checked by `npm run lint`. What is loaded at run time counts;
// a type that is erased does not.

/** What each room may import beside itself and base/. A room inside another is named before what is left of it. */
const arrows = {
  base: [[], 'The floor everything stands on: it knows nothing of the house.'],
  metrics: [[], 'What can be measured, by name: the file format, gates and reports read it.'],
  measure: [['metrics'], 'Handed clock and records; no I/O, so that it can be tested and replayed anywhere.'],
  protocol: [[], 'What clients write and judges read: both sides load it, so it brings nothing along.'],
  workload: [['protocol'], 'When and what to send; of the rest it knows only the envelope.'],
  scenario: [['workload', 'metrics'], 'The file format is read and checked without starting anything.'],
  'client/kafka': [['protocol', 'measure'], 'The binding and its sources of records.'],
  'client/tap': [
    ['protocol', 'measure'],
    'The native recorder and what it wrote: files and numbers, no client.',
  ],
  'client/worker': [
    ['client/kafka', 'client/tap', 'protocol', 'workload', 'measure'],
    'The process that has the clients, and nothing of the coordinator.',
  ],
  'cluster/admin': [[], 'An adapter on one client, replaceable as a whole.'],
  'cluster/faults': [
    ['cluster', 'cluster/admin', 'protocol'],
    'Actions go through the contract; the undo of a dead run has only what the provider left on disk.',
  ],
  cluster: [['cluster/admin'], 'Providers stand alone; metadata comes through admin.'],
  results: [[], 'Files outlive runs: reading one needs no run, cluster or scenario.'],
  'judge/delivery': [
    ['protocol', 'workload'],
    'The verdict depends on evidence alone; workload makes keys of lost messages again.',
  ],
  'judge/gates': [
    ['judge/delivery', 'metrics', 'measure', 'results'],
    'What a result says of a metric, and whether that holds.',
  ],
  'judge/performance': [
    ['judge/gates', 'protocol', 'scenario', 'metrics', 'measure', 'results'],
    'Numbers from reports and observations; of the scenario, what was asked for.',
  ],
  'judge/compare': [
    ['judge/gates', 'metrics', 'measure', 'results'],
    'Compares what files say; of measure it knows percentiles and drift.',
  ],
  trial: [
    [
      'scenario',
      'workload',
      'protocol',
      'cluster',
      'cluster/admin',
      'cluster/faults',
      'measure',
      'results',
    ].concat(['judge/delivery', 'judge/gates', 'judge/performance']),
    'The coordinator: it talks to clients through the protocol only.',
  ],
  experiment: [
    ['trial', 'scenario', 'judge/gates', 'judge/performance', 'results'],
    'Many trials, one question.',
  ],
  selftest: [
    ['judge/delivery', 'judge/compare', 'protocol', 'scenario', 'trial', 'experiment'],
    'Judges held against planted faults, and against runs in which nothing differs.',
  ],
  report: [['judge/gates', 'judge/compare', 'metrics', 'results'], 'Renders what files say.'],
};
const rooms = Object.keys(arrows);

// A test may set a scene with whatever it needs; what ships may not.
const tests = '\\.(test|case)\\.ts$';
const binding = '@confluentinc/kafka-javascript';
const adminClient = '@platformatic/kafka';

/** @param {string} room */
const roomsWithin = (room) => rooms.filter((name) => name.startsWith(`${room}/`));

const arrowRules = Object.entries(arrows).map(([room, [allowed, comment]]) => {
  const seen = [room, 'base', ...allowed];
  const unseen = seen.flatMap(roomsWithin).filter((name) => !seen.includes(name));
  return {
    name: `${room.replace('/', '-')}-arrows`,
    comment,
    severity: 'error',
    from: { path: `^src/${room}/`, pathNot: [tests, ...roomsWithin(room).map((name) => `^src/${name}/`)] },
    to: {
      path: '^src/',
      pathNot: [`^(?!src/(${[...unseen, '-'].join('|')})/)src/(${seen.join('|')})/`],
      dependencyTypesNot: ['type-only'],
    },
  };
});

module.exports = {
  forbidden: [
    ...arrowRules,
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
      name: 'only-client-kafka-imports-the-binding',
      comment: 'The binding registers once per process and is native: one room knows it.',
      severity: 'error',
      from: { path: '^(src|bench|bin)/', pathNot: ['^src/client/kafka/', '^bench/', tests] },
      to: { path: [`node_modules/${binding}`, `^${binding}`] },
    },
    {
      name: 'only-admin-imports-its-client',
      comment: 'The pure-JavaScript client is behind one adapter, so that it can be replaced.',
      severity: 'error',
      from: { path: '^(src|bench|bin)/', pathNot: ['^src/cluster/admin/', tests] },
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
      from: { path: '^src/(client|workload)/', pathNot: tests },
      to: { path: '^src/measure/(hdr-counts|histogram)\\.ts$', reachable: true },
    },
    {
      name: 'clients-are-forked',
      comment:
        'Results and reports work on a machine without the binding, and a run outlives a crash of it: the coordinator ' +
        'starts client/ as a process and loads nothing of it.',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: ['^src/client/', tests] },
      to: { path: '^src/client/', dependencyTypesNot: ['type-only'] },
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
