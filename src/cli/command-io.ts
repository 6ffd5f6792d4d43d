/** Where a command writes its lines (without line ends); tests collect them. */
export interface CommandIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}
