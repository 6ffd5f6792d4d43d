import { createRequire } from 'node:module';
import type { Binding } from '../src/client/kafka/binding.ts';

/** The binding as anyone's program would load it, without a line of ours between. */
export const bare = createRequire(import.meta.url)('@confluentinc/kafka-javascript') as Binding;
