import { describe, expect, it } from 'vitest';
import { opening } from './opening.ts';

describe('the first second', () => {
  it('is held against those after it', () => {
    expect(opening([22, 15, 5, 4, 4, 4, 5, 4, 4, 4], 'higher')).toEqual({ first: 22, rest: 4, factor: 5.5 });
    expect(opening([100, 200, 400, 400, 400, 400], 'lower')).toEqual({ first: 100, rest: 400, factor: 4 });
  });

  it('may be followed by another one that is cold, or by one that an accident befell', () => {
    expect(opening([15, 22, 5, 4, 4, 4, 5, 4, 4, 4], 'higher')).toMatchObject({ rest: 4 });
    expect(opening([15, 5, 5, 4, 4, 90, 5, 4, 4, 4], 'higher')).toMatchObject({ rest: 4 });
  });

  it('says nothing where later ones were as bad, or worse', () => {
    expect(opening([15, 5, 30, 4, 18, 4, 16, 4, 4, 4], 'higher')).toBeNull();
    expect(opening([4, 5, 4, 6, 5, 4, 5, 6, 7], 'higher')).toBeNull();
    expect(opening([4, 4, 4, 4, 4, 4], 'higher')).toBeNull();
    expect(opening([15, 5, 4, 4, 4, 4], 'lower')).toBeNull();
  });

  it('says nothing of fewer than five seconds, nor without a first', () => {
    expect(opening([15, 5, 4, 4], 'higher')).toBeNull();
    expect(opening([null, 15, 5, 4, 4, 4, 4, 4], 'higher')).toBeNull();
    expect(opening([15, null, null, null, 4, 4, 4], 'higher')).toBeNull();
    expect(opening([], 'higher')).toBeNull();
  });

  it('of zeros is not divided by', () => {
    expect(opening([5, 0, 0, 0, 0, 0], 'higher')).toMatchObject({ factor: Infinity });
    expect(opening([0, 5, 5, 5, 5, 5], 'lower')).toMatchObject({ factor: Infinity });
    expect(opening([0, 0, 0, 0, 0, 0], 'higher')).toBeNull();
  });
});
