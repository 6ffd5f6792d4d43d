import { stringify } from 'yaml';
import { serviceNames } from './containers.ts';

/** A compose file that adds broker properties to each service, as the image takes them from the environment. */
export function overrideFile(config: Readonly<Record<string, string>>): string {
  const environment = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [environmentName(key), value]),
  );
  return stringify(
    { services: Object.fromEntries(serviceNames.map((name) => [name, { environment }])) },
    { aliasDuplicateObjects: false },
  );
}

/** The image's rule: `.` becomes `_`, `_` becomes `__`, `-` becomes `___`. */
export function environmentName(property: string): string {
  return `KAFKA_${property.replace(/-/g, '\0').replace(/_/g, '__').replace(/\0/g, '___').replace(/\./g, '_').toUpperCase()}`;
}
