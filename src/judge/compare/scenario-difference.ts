/** A place where two resolved scenarios differ. `(none)` where one has nothing there. */
export interface ScenarioDifference {
  readonly path: string;
  readonly base: string;
  readonly candidate: string;
}

const longest = 60;

/** What a scenario says about itself and its gates, and the seed, which every run draws anew: none is load. */
const irrelevant = ['name', 'description', 'seed', 'expect', 'trials'];

/** `producers.writer.client.linger.ms: 5 / 50`. Named list entries are found by their name, wherever they stand. */
export function scenarioDifferences(base: unknown, candidate: unknown): ScenarioDifference[] {
  return differences(base, candidate, '').filter(
    ({ path }) => !irrelevant.includes(path.split('.')[0] ?? ''),
  );
}

function differences(base: unknown, candidate: unknown, path: string): ScenarioDifference[] {
  if (isGroup(base) && isGroup(candidate)) {
    const [first, second] = [entries(base), entries(candidate)];
    const keys = [...new Set([...first.keys(), ...second.keys()])];
    return keys.flatMap((key) =>
      differences(first.get(key), second.get(key), path === '' ? key : `${path}.${key}`),
    );
  }
  if (JSON.stringify(base) === JSON.stringify(candidate)) return [];
  return [{ path: path === '' ? 'scenario' : path, base: text(base), candidate: text(candidate) }];
}

type Group = Readonly<Record<string, unknown>> | readonly unknown[];

const isGroup = (value: unknown): value is Group => typeof value === 'object' && value !== null;

function entries(group: Group): Map<string, unknown> {
  if (!Array.isArray(group)) return new Map(Object.entries(group));
  return new Map(group.map((each: unknown, i) => [nameOf(each) ?? String(i), each]));
}

function nameOf(value: unknown): string | undefined {
  if (!isGroup(value) || !('name' in value)) return undefined;
  return typeof value.name === 'string' ? value.name : undefined;
}

function text(value: unknown): string {
  if (value === undefined) return '(none)';
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  return whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole;
}
