import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorName } from '../kafka/error-name.ts';
import { attemptsOf, isRejected, produceAnswers } from './produce-answers.ts';

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

test('docs/delivery.md has the same table', () => {
  const row = readFileSync('docs/delivery.md', 'utf8')
    .split('\n')
    .find((line) => line.includes('MESSAGE_TOO_LARGE,'))!;
  const columns = row
    .split('|')
    .map((column) =>
      [...column.matchAll(/(−?\d+) ([A-Z][A-Z_]+)/g)].map(([, code, name]) => `${code} ${name}`),
    );
  const named = (definite: boolean) =>
    [...produceAnswers]
      .filter(([, answer]) => answer.definite === definite)
      .map(([code, { name }]) => `${String(code).replace('-', '−')} ${name}`);
  expect([columns[1], columns[2]]).toEqual([named(true), named(false)]);
});

describe('a message is rejected', () => {
  test('where the answer is definite and no attempt may have stored it', () => {
    expect(isRejected(10, 'not persisted', 'many')).toBe(true);
    expect(isRejected(19, 'not persisted', 'many')).toBe(true);
    expect(isRejected(10, 'possibly persisted', 'one')).toBe(false);
    expect(isRejected(10, 'persisted', 'many')).toBe(false);
  });

  test('where nobody recorded the status, if there was one attempt', () => {
    expect(isRejected(10, null, 'many')).toBe(false);
    expect(isRejected(10, null, 'one')).toBe(true);
    expect(attemptsOf({ retries: 0 })).toBe('one');
    expect(attemptsOf({ 'message.send.max.retries': '0' })).toBe('one');
    expect(attemptsOf({ retries: 1 })).toBe('many');
    expect(attemptsOf({})).toBe('many');
  });

  test.each([6, 7, 20, 46, 56, -192, -195, -185, 999])('not by %i', (code) => {
    expect(isRejected(code, 'not persisted', 'one')).toBe(false);
    expect(isRejected(code, null, 'one')).toBe(false);
  });
});
