import { propertyOf, type PropertyName } from '../librdkafka-properties.ts';
import type { Rule } from './rule.ts';

/** librdkafka logs such a property and goes on without it. */
export const propertiesTakeEffect: Rule = ({ scenario: { producers, consumers }, warn }) => {
  const sides = [
    ...producers.map((each) => ({ ...each, side: 'producer', reads: ['P', '*'] })),
    ...consumers.map((each) => ({ ...each, side: 'consumer', reads: ['C', '*'] })),
  ];
  for (const { name, client, side, reads } of sides) {
    for (const property of Object.keys(client) as PropertyName[]) {
      const { clients, legacy } = propertyOf(property);
      if (legacy) warn('property-without-effect', `${name}: librdkafka no longer uses ${property}`);
      else if (!reads.includes(clients))
        warn('property-without-effect', `${name}: librdkafka ignores ${property} on a ${side}`);
      else if (property in forShareConsumers) {
        const message = `${name}: librdkafka reads ${property} for share consumers only`;
        warn('property-without-effect', message + forShareConsumers[property]!);
      }
    }
  }
};

/** As CONFIGURATION.md says in prose only; with what a scenario has for it. */
const forShareConsumers: Readonly<Partial<Record<PropertyName, string>>> = {
  'max.poll.records': '; mode: { batch: N } is what is taken at once',
  'share.acknowledgement.mode': '',
};

/**
 * Kafka answers a second member with the same static id by fencing the first. One that joins later takes the id over
 * on purpose, as a member that comes back does.
 */
export const staticMembersAreUnique: Rule = ({ scenario, problem }) => {
  for (const [i, { client, count, name, group, start }] of scenario.consumers.entries()) {
    const id = client['group.instance.id'];
    if (id === undefined) continue;
    const first = scenario.consumers.findIndex(
      (each) =>
        group !== undefined &&
        each.group === group &&
        each.client['group.instance.id'] === id &&
        each.start === undefined,
    );
    if (first >= 0 && first < i && start === undefined) {
      const other = scenario.consumers[first]!.name;
      const message = `${name} and ${other} would fence each other: both are group.instance.id "${String(id)}" of group ${group!}; give each its own, or let one join later (start)`;
      problem(['consumers', i, 'client', 'group.instance.id'], message, {
        involves: [
          ['consumers', first, 'client', 'group.instance.id'],
          ['consumers', i, 'group'],
          ['consumers', first, 'group'],
        ],
      });
    }
    if (count === 1) continue;
    const message = `the ${count} clients of ${name} would share one group.instance.id and fence each other; use count: 1`;
    problem(['consumers', i, 'client', 'group.instance.id'], message, {
      at: 'key',
      involves: [['consumers', i, 'count']],
    });
  }
};

export const somethingToDo: Rule = ({ scenario, problem }) => {
  if (scenario.producers.length + scenario.consumers.length + scenario.pipelines.length > 0) return;
  const message = 'nothing to do: a scenario needs at least one producer or consumer';
  problem([], message, { involves: [[], ['producers'], ['consumers'], ['pipelines']] });
};

export const namesAreUnique: Rule = ({ scenario, problem }) => {
  const seen = new Map<string, string>();
  for (const list of ['producers', 'consumers', 'pipelines'] as const) {
    for (const [i, { name }] of scenario[list].entries()) {
      const other = seen.get(name);
      if (other === undefined) seen.set(name, list);
      else
        problem(
          [list, i, 'name'],
          `the name "${name}" is taken by one of the ${other}; expect could not tell them apart`,
        );
    }
  }
};
