import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A TCP packet as the kernel handed it on. */
export interface Packet {
  /** ns, of the kernel's own clock: good for differences. */
  readonly at: bigint;
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly opens: boolean;
  readonly payload: Buffer;
}

export interface Capture {
  /** All that passed since. @throws Error where the kernel had to drop some */
  end(): Promise<readonly Packet[]>;
  abandon(): void;
}

/** Compiles the witness in C and has it write down what comes and goes on these ports of the loopback interface. */
export async function capture(ports: readonly number[], directory: string): Promise<Capture> {
  const program = join(directory, 'capture');
  const file = join(directory, 'packets.pcap');
  await promisify(execFile)('cc', [
    ...['-std=c11', '-O2', '-o', program],
    join(import.meta.dirname, 'capture.c'),
  ]);
  const child = spawn(program, [file, ...ports.map(String)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (told += String(text)));
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    void gone.then(() => reject(new Error(`the capture did not begin: ${told}`)));
  });
  return {
    end: async () => {
      child.kill('SIGTERM');
      const code = await gone;
      if (code !== 0) throw new Error(`the capture is not whole: ${told}`);
      return packetsIn(readFileSync(file));
    },
    abandon: () => void child.kill('SIGKILL'),
  };
}

/** Of a pcap file with nanoseconds whose packets begin with their IPv4 header, written on this machine. */
export function packetsIn(file: Buffer): readonly Packet[] {
  const packets: Packet[] = [];
  for (let at = 24; at < file.length;) {
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4));
    const captured = file.readUInt32LE(at + 8);
    const ip = file.subarray(at + 16, at + 16 + captured);
    at += 16 + captured;
    // The header says how long the packet is, but for those above 64 KB (0).
    const length = ip.readUInt16BE(2) || ip.length;
    const tcp = ip.subarray((ip[0]! & 15) * 4, length);
    packets.push({
      at: time,
      from: tcp.readUInt16BE(0),
      to: tcp.readUInt16BE(2),
      sequence: tcp.readUInt32BE(4),
      opens: (tcp[13]! & 2) !== 0,
      payload: tcp.subarray((tcp[12]! >> 4) * 4),
    });
  }
  return packets;
}
