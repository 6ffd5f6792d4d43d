/** How text is emphasised; the identity where colours are not wanted. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

const same = (text: string): string => text;

export const plain: Paint = { bold: same, dim: same, good: same, bad: same, warn: same };
