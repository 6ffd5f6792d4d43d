/** What a reader learned of a partition when it had read it. Offsets are exclusive ends. */
export interface PartitionEnd {
  /** Where the log began when the run began; 0 for a topic of the run's own. */
  readonly begin: number;
  /** Where the log begins now. */
  readonly logStart: number;
  /** Where reading began, default `logStart`: an audit of the tail leaves out what lies below. */
  readonly auditedFrom?: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Where the leader's log ends, default the high watermark; what lies between nobody can read yet. */
  readonly logEnd?: number;
  /** Everything below has been read. */
  readonly position: number;
  /** The topic was deleted while the run went on, and perhaps made again: what it held before is gone. */
  readonly remade?: boolean;
}

/** True where the reader has seen all there is up to the end; behind the last stable offset nobody can. */
export function isRead(end: PartitionEnd): boolean {
  return end.position >= end.highWatermark;
}

/** True where a record of the run may be that its replicas have not got, so that nobody can read it. */
export function isUnreplicated({ highWatermark, logEnd = 0 }: PartitionEnd, offset: number): boolean {
  return offset >= highWatermark && offset < logEnd;
}

/** True where all that is in the log has been read. */
export function isWhole(end: PartitionEnd): boolean {
  return isRead(end) && !isUnreplicated(end, end.highWatermark);
}

export function auditedFrom({ auditedFrom = 0, logStart }: PartitionEnd): number {
  return Math.max(auditedFrom, logStart);
}

/** True where something that is in the log was left out. */
export function isTail(end: PartitionEnd): boolean {
  return auditedFrom(end) > end.logStart;
}

/** False where a record of the run may be or may have been, and the reader could not have met it. */
export function couldBeMet(end: PartitionEnd, offset: number): boolean {
  if (offset >= end.begin && offset < auditedFrom(end)) return false;
  if (isUnreplicated(end, offset)) return false;
  return offset < end.position || isRead(end);
}
