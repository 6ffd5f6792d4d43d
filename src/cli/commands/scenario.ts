import { exitCodes } from '../../base/exit-codes.ts';
import { command } from './command.ts';
import { flag, many, text } from './option.ts';
import { set } from './readers.ts';

export const validate = command({
  usage: 'validate <file..>',
  describe: 'check scenarios without running them and print their plan',
  positionals: { file: many('scenario files') },
  options: { set },
  examples: ['npx kafka-bench validate scenarios/latency.yaml --set phases.measure=5s'],
  async run({ file, ...options }, io) {
    const { runValidate } = await import('../validate.ts');
    return runValidate(file, io, options);
  },
});

export const schema = command({
  usage: 'schema',
  describe: 'print the JSON Schema of scenario files, of results or of comparisons',
  options: {
    result: flag('of results'),
    comparison: flag('of what compare --format json prints'),
  },
  examples: ['npx kafka-bench schema > scenario.schema.json'],
  async run({ result, comparison }, io) {
    if (comparison) {
      const { comparisonJsonSchema } = await import('../../judge/compare/schema.ts');
      io.out(JSON.stringify(comparisonJsonSchema(), null, 2));
      return exitCodes.ok;
    }
    if (result) {
      const { resultJsonSchema } = await import('../../results/schema.ts');
      io.out(JSON.stringify(resultJsonSchema(), null, 2));
      return exitCodes.ok;
    }
    const { runSchema } = await import('../schema.ts');
    return runSchema([], io);
  },
});

export const init = command({
  usage: 'init [file]',
  describe: 'write a commented starter scenario',
  positionals: { file: text('where to (scenario.yaml)') },
  options: { force: flag('overwrite a file that is there') },
  examples: ['npx kafka-bench init first.yaml'],
  async run(values, io) {
    const { runInit } = await import('../init.ts');
    return runInit(values, io);
  },
});
