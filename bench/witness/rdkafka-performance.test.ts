import { describe, expect, test } from 'vitest';
import { performanceSource, whyNoPerformance } from './rdkafka-performance.ts';

describe('the source of rdkafka_performance', () => {
  test('is the file that RDKAFKA_PERFORMANCE names', () => {
    const RDKAFKA_PERFORMANCE = import.meta.filename;
    expect(performanceSource({ RDKAFKA_PERFORMANCE })).toBe(RDKAFKA_PERFORMANCE);
  });

  test('is nothing else where that file is not there, and the reason names it', () => {
    const RDKAFKA_PERFORMANCE = '/nonexistent/rdkafka_performance.c';
    expect(performanceSource({ RDKAFKA_PERFORMANCE })).toBeUndefined();
    expect(whyNoPerformance({ RDKAFKA_PERFORMANCE })).toContain(RDKAFKA_PERFORMANCE);
  });
});
