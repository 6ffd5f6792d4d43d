import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { composeProcesses } from './compose/containers.ts';
import { environmentWith } from './executables.case.ts';
import { forwardingProcesses, listeningProcesses } from './listening-processes.ts';

let proc: string;
beforeEach(() => (proc = mkdtempSync(join(tmpdir(), 'kafka-bench-proc-'))));
afterEach(() => rmSync(proc, { recursive: true, force: true }));

/** Sockets that listen, by inode. */
function table(ports: Readonly<Record<number, number>>): void {
  const lines = Object.entries(ports).map(
    ([inode, port]) =>
      `   0: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 0:0 0:0 0 0 0 ${inode} 1`,
  );
  mkdirSync(join(proc, 'net'), { recursive: true });
  writeFileSync(join(proc, 'net', 'tcp'), `  sl  local_address rem_address   st\n${lines.join('\n')}\n`);
}

/** One process; `inode` is that of a socket that we may see. */
function processOf(pid: number, comm: string, { inode, words }: { inode?: number; words?: string[] } = {}) {
  mkdirSync(join(proc, String(pid), 'fd'), { recursive: true });
  writeFileSync(join(proc, String(pid), 'comm'), `${comm}\n`);
  writeFileSync(join(proc, String(pid), 'cmdline'), `${(words ?? [comm]).join('\0')}\0`);
  if (inode !== undefined) symlinkSync(`socket:[${inode}]`, join(proc, String(pid), 'fd', '3'));
}

const proxyOf = (port: number) => [
  ...['/usr/bin/docker-proxy', '-proto', 'tcp', '-host-ip', '127.0.0.1'],
  ...['-host-port', String(port), '-container-ip', '172.18.0.2', '-container-port', '9092'],
];

describe('listeningProcesses', () => {
  it.skipIf(os.platform() !== 'linux')('finds who listens on a port of this machine', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    expect(listeningProcesses([port])).toEqual([process.pid]);
    await new Promise((closed) => server.close(closed));
    expect(listeningProcesses([port])).toBeNull();
  });

  it('does not take Docker’s proxy for the broker behind it', () => {
    table({ 77: 9092 });
    processOf(5, 'java', { inode: 77 });
    expect(listeningProcesses([9092], proc)).toEqual([5]);
    processOf(5, 'docker-proxy');
    expect(listeningProcesses([9092], proc)).toBeNull();
  });
});

describe('forwardingProcesses', () => {
  it('are those that listen on a published port, whatever they are called, but for the daemon', () => {
    table({ 77: 29092, 78: 29093, 79: 8080 });
    processOf(5, 'docker-proxy', { inode: 77 });
    processOf(6, 'rootlessport', { inode: 78 });
    processOf(7, 'dockerd', { inode: 78 });
    processOf(8, 'docker-proxy', { inode: 79, words: proxyOf(8080) });
    expect(forwardingProcesses([29092, 29093, 29094], proc)).toEqual([5, 6]);
  });

  it('are Docker’s proxies of another user by what their command line says', () => {
    table({ 77: 29092, 78: 29093 });
    processOf(5, 'docker-proxy', { words: proxyOf(29092) });
    processOf(6, 'docker-proxy', { words: proxyOf(8080) });
    processOf(7, 'grep', { words: proxyOf(29093) });
    expect(forwardingProcesses([29092, 29093], proc)).toEqual([5]);
  });

  it('are none where the system does not tell', () => {
    expect(forwardingProcesses([29092], join(proc, 'nowhere'))).toEqual([]);
  });
});

describe('processes of a compose project', () => {
  it('are the containers’ and what carries their published ports', async () => {
    const container = {
      Name: '/kafka1',
      State: { Running: true, Paused: false, Pid: 41 },
      Config: {
        Image: 'apache/kafka:4.3.0',
        Labels: { 'com.docker.compose.service': 'kafka1' },
        Env: ['KAFKA_ADVERTISED_LISTENERS=HOST://localhost:29092,PROXIED://localhost:29292'],
      },
      HostConfig: {
        PortBindings: { '9092/tcp': [{ HostPort: '29092' }], '9192/tcp': [{ HostPort: '29192' }] },
      },
    };
    const docker = `cat <<'END'\n${JSON.stringify([container])}\nEND`;
    const { env, remove } = environmentWith({ docker });
    onTestFinished(remove);
    processOf(5, 'docker-proxy', { words: proxyOf(29092) });
    processOf(6, 'docker-proxy', { words: proxyOf(29192) });
    const path = `${env['PATH']!}:${process.env['PATH']!}`;
    expect(await composeProcesses({ ...env, PATH: path }, proc)).toEqual([41, 5, 6]);
  });
});
