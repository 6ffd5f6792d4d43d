import { shells } from '../../base/choices.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { command } from './command.ts';
import { choice } from './option.ts';

export const completion = command({
  usage: 'completion [shell]',
  describe: 'print a script that lets the shell complete commands and options',
  positionals: { shell: choice(shells, 'which; by default that of $SHELL, else bash') },
  examples: ['source <(npx kafka-bench completion bash)'],
  async run({ shell }, io) {
    const { completionScript } = await import('../completion.ts');
    io.out(completionScript(shell ?? (process.env['SHELL']?.endsWith('zsh') ? 'zsh' : 'bash')));
    return exitCodes.ok;
  },
});
