import { CRC_START, crcBytes, crcOf } from './crc32.ts';

/** The 32-bit hash by which the audit knows a key. */
export const keyHash = (key: Uint8Array): number => crcOf(crcBytes(CRC_START, key, 0, key.length));
