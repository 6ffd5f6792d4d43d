import { missing } from '../../../test/requirements.ts';
import { composeMissing } from './open-compose.ts';

/** For `describe.skipIf`: true, with the reason printed, where docker-compose.yml cannot be brought up. */
export async function noCompose(): Promise<boolean> {
  if (missing('docker', 'compose')) return true;
  const reason = await composeMissing({}, process.env);
  if (reason === undefined) return false;
  // As missing() does.
  if (process.env['KAFKA_BENCH_REQUIRE_ALL'])
    throw new Error(`KAFKA_BENCH_REQUIRE_ALL is set and docker-compose.yml cannot run here: ${reason}`);
  console.log(`skipped: docker-compose.yml cannot run here: ${reason}`);
  return true;
}
