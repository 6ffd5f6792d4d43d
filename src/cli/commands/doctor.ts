import { command } from './command.ts';
import { flag } from './option.ts';

export const doctor = command({
  usage: 'doctor',
  describe: 'versions, features, and which clusters can run here and why',
  options: {
    json: flag('as JSON'),
    calibrate: flag('measure what this harness can produce here; later runs are held to it'),
  },
  examples: ['npx kafka-bench doctor'],
  async run(values, io) {
    const { runDoctor } = await import('../doctor.ts');
    return runDoctor(values, io);
  },
});
