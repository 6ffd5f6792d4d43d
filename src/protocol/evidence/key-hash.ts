import { CRC_START, crcBytes, crcOf } from '../../base/crc32.ts';

/**
 * The number by which the audit knows a key, below 2^52: its CRC-32, and above it 20 bits of its FNV-1a hash. Where
 * two of a million keys met in one number, the loss of one would hide behind the other; with 32 bits alone a hundred
 * pairs of them do.
 */
export function keyHash(key: Uint8Array): number {
  let fnv = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) fnv = Math.imul(fnv ^ key[i]!, 0x01000193);
  const high = (fnv ^ (fnv >>> 20)) & 0xfffff;
  return high * 2 ** 32 + crcOf(crcBytes(CRC_START, key, 0, key.length));
}
