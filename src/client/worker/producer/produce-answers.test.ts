import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorName } from '../../kafka/error-name.ts';
import { isRejected, leastResend, produceAnswers } from './produce-answers.ts';

/** librdkafka's names of codes that the protocol calls otherwise. */
const otherNames: Readonly<Record<string, string>> = {
  UNKNOWN: 'UNKNOWN_SERVER_ERROR',
  INVALID_MSG: 'CORRUPT_MESSAGE',
  UNKNOWN_TOPIC_OR_PART: 'UNKNOWN_TOPIC_OR_PARTITION',
  NOT_LEADER_FOR_PARTITION: 'NOT_LEADER_OR_FOLLOWER',
  MSG_SIZE_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  TOPIC_EXCEPTION: 'INVALID_TOPIC_EXCEPTION',
};

describe('answers to Produce', () => {
  test.each([...produceAnswers])('%i is what librdkafka calls it too', (code, { name }) => {
    const known = errorName(code);
    // The newest codes have no name in the binding.
    if (!known.startsWith('ERROR_')) expect(otherNames[known] ?? known).toBe(name);
  });

  test('what is found after an append, or while replicas are waited for, is not definite', () => {
    const doubtful = [...produceAnswers].filter(([, { definite }]) => !definite).map(([code]) => code);
    expect(doubtful).toEqual([-1, 3, 5, 6, 7, 20, 45, 46, 56, 59, 100]);
  });
});

test('docs/delivery.md has the same codes', () => {
  const page = readFileSync('docs/delivery.md', 'utf8');
  const listed = (heading: string) => {
    const from = page.indexOf(`**${heading}**`);
    const paragraph = page.slice(from, page.indexOf('\n\n', from));
    return [...paragraph.matchAll(/(−?\d+)\s([A-Z][A-Z_]+)/g)].map(([, code, name]) => `${code} ${name}`);
  };
  const named = (definite: boolean) =>
    [...produceAnswers]
      .filter(([, answer]) => answer.definite === definite)
      .map(([code, { name }]) => `${String(code).replace('-', '−')} ${name}`);
  expect([listed('Definite'), listed('In doubt')]).toEqual([named(true), named(false)]);
});

describe('a message is rejected', () => {
  test('where the answer is definite and the first that there was', () => {
    expect(isRejected(10, 'not persisted', 'one')).toBe(true);
    expect(isRejected(19, 'not persisted', 'one')).toBe(true);
    expect(isRejected(10, null, 'one')).toBe(true);
    expect(isRejected(10, 'possibly persisted', 'one')).toBe(false);
    expect(isRejected(10, 'persisted', 'one')).toBe(false);
  });

  test('not where there may have been another: NOT_LEADER_OR_FOLLOWER leaves it “not persisted”', () => {
    expect(isRejected(10, 'not persisted', 'unknown')).toBe(false);
    expect(isRejected(10, null, 'unknown')).toBe(false);
  });

  test('and nothing is sent again before the least backoff', () => {
    expect(leastResend({})).toBe(80_000);
    // After NOT_LEADER_OR_FOLLOWER librdkafka does not count retries.
    expect(leastResend({ retries: 0 })).toBe(80_000);
    expect(leastResend({ 'retry.backoff.ms': '500' })).toBe(400_000);
    expect(leastResend({ 'retry.backoff.ms': 5000 })).toBe(1e6);
    expect(leastResend({ 'retry.backoff.ms': 5000, 'retry.backoff.max.ms': 10 })).toBe(10_000);
  });

  test.each([6, 7, 20, 46, 56, -192, -195, -185, 999])('not by %i', (code) => {
    expect(isRejected(code, 'not persisted', 'one')).toBe(false);
    expect(isRejected(code, null, 'one')).toBe(false);
  });
});
