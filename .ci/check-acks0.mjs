// `node .ci/check-acks0.mjs <cluster kind>`: the only result in results/runs says that acks0.yaml ran on that kind
// of cluster and that all 1000 messages were sent and received.
import { deepStrictEqual } from 'node:assert';
import { readFileSync, readdirSync } from 'node:fs';

const kind = process.argv[2];
const files = readdirSync('results/runs').filter((name) => name.endsWith('.json'));
deepStrictEqual(files.length, 1, `one result expected, found: ${files.join(', ')}`);
const { cluster, trials } = JSON.parse(readFileSync(`results/runs/${files[0]}`, 'utf8'));
const { producers, consumers } = trials[0].totals;
deepStrictEqual(
  { kind: cluster.kind, sent: producers.messages, received: consumers.messages },
  { kind, sent: 1000, received: 1000 },
);
console.log(`acks0.yaml on ${kind}: 1000 sent, 1000 received`);
