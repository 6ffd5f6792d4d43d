import type { ConsumerSpec, Scenario } from '../../scenario/schema.ts';

/** Who reads together, and so owes each message once: a consumer group, or one client without a group. */
export interface VerifiedGroup {
  /** As the scenario calls it; in results. */
  readonly name: string;
  /** Topics as the scenario calls them. */
  readonly topics: ReadonlySet<string>;
  /** False: a client without a group. */
  readonly joins: boolean;
}

/** In the order in which evidence numbers them. */
export function verifiedGroups(scenario: Scenario): readonly VerifiedGroup[] {
  return [...byKey(scenario).values()];
}

/** The number of a client's group in the evidence. */
export function groupNumber(scenario: Scenario, spec: ConsumerSpec, index: number): number {
  return [...byKey(scenario).keys()].indexOf(keyOf(spec, index));
}

function byKey(scenario: Scenario): Map<string, VerifiedGroup> {
  const groups = new Map<string, { name: string; topics: Set<string>; joins: boolean }>();
  for (const spec of scenario.consumers) {
    for (let index = 0; index < spec.count; index++) {
      const key = keyOf(spec, index);
      const group = groups.get(key) ?? {
        name: nameOf(spec, index),
        topics: new Set<string>(),
        joins: spec.group !== undefined,
      };
      groups.set(key, group);
      for (const topic of spec.topics) group.topics.add(topic);
    }
  }
  return groups;
}

/** A consumer may be called as some group is. */
function keyOf(spec: ConsumerSpec, index: number): string {
  return spec.group === undefined ? `client ${spec.name} ${index}` : `group ${spec.group}`;
}

/** The group, or without one the client: `tail`, or `tail/0` and `tail/1` where there are more of them. */
function nameOf(spec: ConsumerSpec, index: number): string {
  if (spec.group !== undefined) return spec.group;
  return spec.count === 1 ? spec.name : `${spec.name}/${index}`;
}
