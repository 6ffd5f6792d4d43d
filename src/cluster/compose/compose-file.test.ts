import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../base/package-root.ts';

interface Service {
  readonly image: string;
  readonly healthcheck?: object;
  readonly mem_limit?: string;
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
}

const read = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const text = read('docker-compose.yml');
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> };
const defaults = [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(
  ([, name, value]) => [name!, value!] as const,
);

describe('docker-compose.yml', () => {
  it.each(Object.entries(services))('%s: a pinned image, health, limits, no privileges', (_, service) => {
    const version = service.image
      .replace(/\$\{\w+:-([^}]*)\}/g, '$1')
      .split(':')
      .at(-1);
    expect(version).toMatch(/^v?\d+\.\d+\.\d+$/);
    expect(service.healthcheck).toBeDefined();
    expect(service.mem_limit).toBeDefined();
    expect(service.logging).toMatchObject({
      driver: 'json-file',
      options: { 'max-size': expect.any(String) as string, 'max-file': expect.any(String) as string },
    });
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
  });

  it('has its defaults in .env.example, and nothing else is there', () => {
    const example = read('.env.example').matchAll(/^(\w+)=(.*)$/gm);
    expect(Object.fromEntries([...example].map(([, name, value]) => [name!, value!]))).toEqual(
      Object.fromEntries(defaults),
    );
  });
});
