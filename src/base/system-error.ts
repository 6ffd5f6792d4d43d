const noRight = ['EACCES', 'EPERM', 'EROFS'];
const noRoom = ['ENOSPC', 'EDQUOT'];
const noMore = ['EMFILE', 'ENFILE', 'ENOMEM'];

/** What to change where the system refuses a file; undefined for any other error. */
export function systemAdvice(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return undefined;
  if (noRight.includes(code))
    return 'this user may not do that; name another place: --results DIR, KAFKA_BENCH_CACHE';
  if (noRoom.includes(code))
    return 'the disk is full: free some space, or name another place: --results DIR, KAFKA_BENCH_CACHE';
  if (noMore.includes(code)) return 'the system gives this user no more of it; see ulimit';
  return undefined;
}
