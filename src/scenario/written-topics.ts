import type { ScenarioOutput } from './schema.ts';

/** Names of the topics that somebody in the scenario writes: producers, pipelines and dead letters. */
export function writtenTopics({
  producers,
  consumers,
  pipelines,
}: Pick<ScenarioOutput, 'producers' | 'consumers' | 'pipelines'>): ReadonlySet<string> {
  return new Set([
    ...producers.map(({ topic }) => topic),
    ...pipelines.map(({ to }) => to),
    ...consumers.flatMap(({ deadLetter }) => (deadLetter ? [deadLetter.topic] : [])),
  ]);
}
