import type { Random } from '../../base/random.ts';
import { skip } from './group-mutations.ts';
import {
  PASS,
  pick,
  placeId,
  storedMessages,
  type Expectation,
  type Mutation,
  type Stored,
} from './mutation.ts';
import type { Trace, TraceGroup, TraceLetter } from './trace.ts';

/** What can be wrong with what a group put aside. */
export const deadLetterMutations: readonly Mutation[] = [
  {
    name: 'claim a dead letter that is nowhere',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      claim(aside);
      return undelivered(aside.victim);
    },
  },
  {
    name: 'skip what could not be processed',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      const { group, victim } = aside;
      const { partition, record } = victim;
      group.events.push({ type: 'skipped', partition, offset: record.offset });
      return undelivered(victim);
    },
  },
  {
    name: 'a dead letter that points to another message',
    plants: 'stray-dead-letter',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      const other = pick(
        storedMessages(trace).filter(({ id }) => id !== aside?.victim.id),
        random,
      );
      if (aside === null || other === null) return null;
      claim(aside);
      const { partition, record } = other;
      aside.group.letters.push({ ...letterOf(aside.victim), partition, offset: record.offset });
      return astray(aside.victim, aside.group);
    },
  },
  {
    name: 'a dead letter that points behind the log',
    plants: 'stray-dead-letter',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      const { victim, group } = aside;
      const offset = trace.partitions[victim.partition]!.highWatermark + random.below(3);
      group.letters.push({ ...letterOf(victim), offset });
      return astray(victim, group);
    },
  },
  {
    name: 'a dead letter that points nowhere',
    plants: 'stray-dead-letter',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      aside.group.letters.push({ ...letterOf(aside.victim), partition: -1, offset: -1 });
      return astray(aside.victim, aside.group);
    },
  },
  {
    name: 'a dead letter with a changed value',
    plants: 'stray-dead-letter',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      claim(aside);
      aside.group.letters.push({ ...letterOf(aside.victim), intact: false });
      return astray(aside.victim, aside.group);
    },
  },
  {
    name: 'a dead letter of another group',
    plants: 'delivery-loss',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      const other = trace.groups.find((group) => group !== aside?.group);
      if (aside === null || other === undefined) return null;
      claim(aside);
      // It leads to its original, and says nothing of the group that did not process that.
      other.letters.push(letterOf(aside.victim));
      return undelivered(aside.victim);
    },
  },
  {
    name: 'dead letters that were not read to the end',
    plants: 'incomplete',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      claim(aside);
      aside.group.lettersRead = false;
      return { ...undelivered(aside.victim), verdict: 'UNKNOWN' };
    },
  },
];

export const deadLetterControls: readonly Mutation[] = [
  {
    name: 'a dead-lettered record',
    plants: 'none',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      claim(aside);
      aside.group.letters.push(letterOf(aside.victim));
      return PASS;
    },
  },
  {
    name: 'a dead letter that a killed member did not tell of',
    plants: 'none',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      aside?.group.letters.push(letterOf(aside.victim));
      return aside && PASS;
    },
  },
  {
    name: 'a message dead-lettered by two members',
    plants: 'none',
    apply: (trace, random) => {
      const aside = putAside(trace, random);
      if (aside === null) return null;
      for (let i = 0; i < 2; i++) {
        claim(aside);
        aside.group.letters.push(letterOf(aside.victim));
      }
      return PASS;
    },
  },
];

interface Aside {
  readonly group: TraceGroup;
  readonly victim: Stored;
}

/** One group does not process one message. */
function putAside(trace: Trace, random: Random): Aside | null {
  const victim = pick(storedMessages(trace), random);
  const group = pick(trace.groups, random);
  if (victim === null || group === null) return null;
  skip(group, victim.partition, victim.record.offset);
  return { group, victim };
}

function claim({ group, victim: { partition, record } }: Aside): void {
  group.events.push({ type: 'dead-lettered', partition, offset: record.offset });
}

export function letterOf({ producer, send, partition, record }: Stored): TraceLetter {
  const { producer: number, incarnation } = producer;
  return {
    ...{ producer: number, incarnation, sequence: send.sequence, intact: true, key: record.key },
    ...{ partition, offset: record.offset },
  };
}

const undelivered = ({ id }: Stored): Expectation => ({
  verdict: 'FAIL',
  anomalies: { 'delivery-loss': 1 },
  ids: { 'delivery-loss': [id] },
});

const astray = ({ id }: Stored, { letters }: TraceGroup): Expectation => ({
  verdict: 'FAIL',
  anomalies: { 'delivery-loss': 1, 'stray-dead-letter': 1 },
  ids: { 'delivery-loss': [id], 'stray-dead-letter': [id, placeId(0, letters.length - 1)] },
});
