import yargs from 'yargs';
import type { Shell } from '../base/choices.ts';
import { BenchError } from '../base/errors.ts';
import { programName } from './commands/program.ts';

/**
 * What a shell sources to complete `kafka-bench`, which must be in its PATH. yargs takes the shell from SHELL, here and
 * where the script asks for completions: a bash within zsh has that of zsh there, so the script says which it is.
 */
export function completionScript(shell: Shell): string {
  const before = process.env['SHELL'];
  process.env['SHELL'] = shell;
  try {
    let script = '';
    const asked = ['completion'];
    void yargs()
      .scriptName(programName)
      .exitProcess(false)
      .completion('completion')
      .parse(asked, {}, (_error: Error | undefined, _argv: unknown, output: string) => {
        script = output;
      });
    const call = `${programName} --get-yargs-completions`;
    if (!script.includes(call)) throw new BenchError('setup', 'yargs makes no completion script');
    return script.replaceAll(call, `SHELL=${shell} ${call}`);
  } finally {
    if (before === undefined) delete process.env['SHELL'];
    else process.env['SHELL'] = before;
  }
}
