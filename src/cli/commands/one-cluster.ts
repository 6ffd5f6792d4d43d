import { BenchError } from '../../base/errors.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * `--bootstrap` names a cluster that runs and `--cluster` one that is started: whoever gives both would be surprised by
 * either. A variable gives way to the command line.
 * @param label how the user wrote an option @throws BenchError `usage`
 */
export function withOneCluster(values: Values, label: (option: string) => string): Values {
  const { cluster, ...others } = values;
  if (others['bootstrap'] === undefined || cluster === undefined || cluster === 'auto') return values;
  if (label('cluster') !== '--cluster') return others;
  const named = [cluster as string | readonly string[]].flat().join(',');
  throw new BenchError('usage', `--bootstrap and --cluster ${named} name two clusters`, {
    hint: 'leave one of them out',
  });
}
