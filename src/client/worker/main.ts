import { monotonic, type Micros } from '../../base/clock.ts';
import { BenchError, messageOf } from '../../base/errors.ts';
import { binding } from '../kafka/binding.ts';
import { AuditRole } from './audit/audit.ts';
import { parentChannel, type Channel } from './channel.ts';
import { ConsumeRole } from './consumer/consume.ts';
import { hostMock } from './mock-host.ts';
import { ProduceRole } from './producer/produce.ts';
import type { MockHostPlan, WorkerPlan } from '../../protocol/plan.ts';
import type { Role } from './role.ts';

const heartbeatMillis = 250;

// Ctrl-C in a terminal reaches every process of the group: the coordinator decides what it means.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

/** The first failure is the cause; the coordinator then ends this process. */
let hasFailed = false;

const channel = parentChannel();
channel.onMessage((message) => {
  if (message.type !== 'plan') return;
  work(message.plan, channel).catch(fail);
});

// What a timer meets has nobody to catch it: a full disk is told as any other failure is.
process.on('uncaughtException', (error) => {
  if (error instanceof BenchError) {
    fail(error);
    return;
  }
  console.error(error);
  process.exit(1);
});

function fail(error: unknown): void {
  if (hasFailed) return;
  hasFailed = true;
  channel.send({
    type: 'failed',
    message: messageOf(error),
    ...(error instanceof BenchError && error.hint !== undefined ? { hint: error.hint } : {}),
  });
}

async function work(plan: WorkerPlan, parent: Channel): Promise<void> {
  setInterval(() => parent.send({ type: 'heartbeat' }), heartbeatMillis);
  if (plan.role === 'mock-host') {
    parent.send({ type: 'ready', ready: { role: 'mock-host', brokers: await hostMock(plan) } });
    return;
  }
  await perform(plan, parent);
}

type ClientPlan = Exclude<WorkerPlan, MockHostPlan>;

function roleOf(plan: ClientPlan, parent: Channel): Role {
  switch (plan.role) {
    case 'produce':
      return new ProduceRole(plan, parent, monotonic);
    case 'consume':
      return new ConsumeRole(plan, parent, monotonic);
    case 'audit':
      return new AuditRole(plan, parent, monotonic);
  }
}

async function perform(plan: ClientPlan, parent: Channel): Promise<void> {
  const role = roleOf(plan, parent);
  let start: (at: Micros) => void = () => undefined;
  const started = new Promise<Micros>((resolve) => (start = resolve));
  parent.onMessage((message) => {
    if (message.type === 'start') start(message.at);
    if (message.type === 'phase-end') role.endPhase(message.at);
    if (message.type === 'stop') {
      role.stop(message.drainMillis);
      start(monotonic.now());
    }
  });
  await role.connect();
  parent.send({
    type: 'ready',
    ready: { role: plan.role, librdkafka: binding.librdkafkaVersion, features: binding.features },
  });
  setInterval(() => {
    role.tick();
    parent.send({ type: 'progress', progress: role.progress() });
  }, heartbeatMillis);
  const report = await role.run(await started);
  parent.send({ type: 'progress', progress: role.progress() });
  parent.send({ type: 'finished', report });
}
