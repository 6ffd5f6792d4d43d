import type { AvroFiles } from '../avro-files.ts';
import type { Path } from '../problem.ts';
import type { ScenarioOutput } from '../schema.ts';

/** What one rule between keys sees and says. Paths are those of the file, by the schema's own keys. */
export interface RuleContext {
  readonly scenario: ScenarioOutput;
  /** The Avro schemas that it names. */
  readonly avro: AvroFiles;
  /** Whether a flag or KAFKA_BENCH_BOOTSTRAP names a running cluster. */
  readonly bootstrapGiven: boolean;
  /** Whether the file says this itself, rather than the default. */
  readonly says: (path: Path) => boolean;
  readonly problem: (path: Path, message: string, more?: RuleDetail) => void;
  readonly warn: (code: string, message: string) => void;
}

export interface RuleDetail {
  readonly at?: 'key' | 'value';
  readonly nearest?: string;
  /** Other values that the rule looked at: where one of them is itself refused, the rule stays silent. [] stands
   * for the keys of the file itself. */
  readonly involves?: readonly Path[];
}

export type Rule = (context: RuleContext) => void;
