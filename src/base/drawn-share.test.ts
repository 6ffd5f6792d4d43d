import { describe, expect, it } from 'vitest';
import { DrawnShare } from './drawn-share.ts';

const identities = Array.from({ length: 100_000 }, (_, i) => [i % 7, 0, Math.floor(i / 7)]);
const hitBy = (failures: DrawnShare) => identities.filter((each) => failures.hits(each));

describe('DrawnShare', () => {
  it.each([0.01, 0.25, 0.9])('hits a share of %s of the messages', (share) => {
    const hit = hitBy(new DrawnShare(share, 7, 'failures booking')).length;
    const expected = share * identities.length;
    // Four standard deviations of a binomial count.
    expect(Math.abs(hit - expected)).toBeLessThan(4 * Math.sqrt(expected * (1 - share)));
  });

  it('hits none or all at the ends', () => {
    expect(hitBy(new DrawnShare(0, 7, 'failures booking'))).toEqual([]);
    expect(hitBy(new DrawnShare(1, 7, 'failures booking'))).toHaveLength(identities.length);
  });

  it('hits the same messages whoever asks and however often, and others for another seed or consumer', () => {
    const hit = hitBy(new DrawnShare(0.01, 7, 'failures booking'));
    expect(hitBy(new DrawnShare(0.01, 7, 'failures booking'))).toEqual(hit);
    const common = (other: DrawnShare) => hit.filter((each) => other.hits(each)).length;
    expect(common(new DrawnShare(0.01, 8, 'failures booking'))).toBeLessThan(hit.length / 10);
    expect(common(new DrawnShare(0.01, 7, 'failures mail'))).toBeLessThan(hit.length / 10);
  });

  it('tells sequences beyond 2^32 apart', () => {
    const failures = new DrawnShare(0.5, 7, 'failures booking');
    const high = Array.from({ length: 64 }, (_, i) => failures.hits([0, 0, i * 2 ** 32 + 5]));
    expect(new Set(high).size).toBe(2);
  });
});
