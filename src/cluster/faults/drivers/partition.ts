import { BenchError } from '../../../base/errors.ts';
import type { NetworkDriver } from '../driver.ts';
import { clientsSide } from '../fault.ts';
import type { NetworkChange } from '../fault.ts';
import type { Undo } from '../undo.ts';

type Part = readonly [NetworkDriver, NetworkChange];

/**
 * One network of two means: the proxy stands between clients and brokers, `among` between brokers. A partition takes
 * the one, the other or both, as its groups ask.
 */
export function joinNetworks(
  proxy: NetworkDriver | undefined,
  among: NetworkDriver | undefined,
): NetworkDriver | undefined {
  if (!proxy && !among) return undefined;

  function partsOf(change: NetworkChange): readonly Part[] {
    if (change.action !== 'partition') return proxy ? [[proxy, change]] : [];
    const sides = change.groups
      .map((group) => group.filter((name) => name !== clientsSide))
      .filter((group) => group.length > 0);
    const parts: Part[] = [];
    const others = change.groups.filter((group) => !group.includes(clientsSide));
    if (others.length < change.groups.length && others.flat().length > 0) {
      if (!proxy)
        throw impossible(
          'clients reach brokers directly, not through the proxy',
          'add proxy: true to cluster',
        );
      parts.push([proxy, change]);
    }
    if (sides.length > 1) {
      if (!among) throw impossible('brokers reach each other directly', partHint);
      parts.push([among, { ...change, groups: sides }]);
    }
    if (parts.length > 0) return parts;
    throw impossible('its groups part nobody', 'name two groups of brokers, or clients as one of the groups');
  }

  return {
    features: new Set([...(proxy?.features ?? []), ...(among?.features ?? [])]),
    check(change) {
      for (const [driver, part] of partsOf(change)) driver.check(part);
    },
    undoOf(change, broker) {
      const undos = partsOf(change).flatMap(([driver, part]) => driver.undoOf(part, broker) ?? []);
      return undos[0] ?? null;
    },
    async inject(change, broker) {
      const notes: string[] = [];
      for (const [driver, part] of partsOf(change)) notes.push((await driver.inject(part, broker)) ?? '');
      return notes.filter((note) => note !== '').join('; ') || undefined;
    },
    async heal(change, broker) {
      const left: Undo[] = [];
      for (const [driver, part] of partsOf(change)) {
        const own = await driver.heal(part, broker);
        if (own) left.push(own);
      }
      return left[0] ?? null;
    },
    async observed(change, broker) {
      const seen = await Promise.all(partsOf(change).map(([driver, part]) => driver.observed(part, broker)));
      return seen.every((text) => text !== null) ? seen.join('; ') : null;
    },
  };
}

const partHint =
  'use cluster: compose, whose brokers are parted by docker networks; or clients as one group, with the proxy';

function impossible(why: string, hint: string): BenchError {
  return new BenchError('scenario', `partition is not possible: ${why}`, { hint });
}
