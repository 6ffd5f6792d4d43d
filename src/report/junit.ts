/** How a test case ended that did not pass, and why. */
export interface Outcome {
  readonly kind: 'failure' | 'error' | 'skipped';
  readonly message: string;
}

export interface Case {
  readonly name: string;
  readonly outcome: Outcome | null;
  readonly detail?: string;
}

export interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** JUnit XML, as CI services read it. */
export function renderJunit(suites: readonly Suite[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${totals(suites.flatMap(({ cases }) => cases))}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attributes({ name })}${totals(cases)}>`,
      ...cases.flatMap((each) => testcase(name, each)),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ].join('\n');
}

function totals(cases: readonly Case[]): string {
  const count = (kind: Outcome['kind']) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return attributes({
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  });
}

function testcase(suite: string, { name, outcome, detail }: Case): string[] {
  const attrs = attributes({ classname: suite, name });
  const inside = [
    ...(outcome ? [`      <${outcome.kind}${attributes({ message: outcome.message })}/>`] : []),
    ...(detail === undefined ? [] : [`      <system-out>${escaped(detail)}</system-out>`]),
  ];
  if (inside.length === 0) return [`    <testcase${attrs}/>`];
  return [`    <testcase${attrs}>`, ...inside, '    </testcase>'];
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** What XML 1.0 cannot hold in any spelling, half a surrogate pair among it, is replaced. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"\n]/g, (mark) => entities[mark]!);
}
