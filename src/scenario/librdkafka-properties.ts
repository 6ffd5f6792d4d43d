import { librdkafkaTable } from './librdkafka-table.ts';

type Table = typeof librdkafkaTable;

/** librdkafka's own name of a property. An alias is another name of the same property and is none of these. */
export type PropertyName = {
  [Name in keyof Table]: Table[Name] extends { readonly alias: string } ? never : Name;
}[keyof Table];

/** What a client is configured with: each property once, under its own name, in librdkafka's own form. */
export type ClientProperties = Readonly<Partial<Record<PropertyName, string | number | boolean>>>;

export interface Property {
  /** Who reads it: consumers, producers or both. */
  readonly clients: 'C' | 'P' | '*';
  /** `api`: no text can set it. */
  readonly type: 'integer' | 'float' | 'boolean' | 'word' | 'flags' | 'text' | 'api';
  /** Of numbers, ends included. */
  readonly from?: number;
  readonly to?: number;
  /** Of words and flags: all there are. Of an integer: what may stand for one. */
  readonly words?: readonly string[];
  /** librdkafka accepts it, and nothing comes of it here. */
  readonly legacy?: true;
}

/** Every name that librdkafka accepts, aliases included. */
export const propertyNames: ReadonlySet<string> = new Set(Object.keys(librdkafkaTable));

/** The name under which librdkafka keeps the property; undefined for what it does not know. */
export function ownName(name: string): PropertyName | undefined {
  if (!isListed(name)) return undefined;
  const entry = librdkafkaTable[name];
  return ('alias' in entry ? entry.alias : name) as PropertyName;
}

export const propertyOf = (name: PropertyName): Property => librdkafkaTable[name];

/** A property by any of its names, of a configuration that has each under whatever name it was given. */
export const isSameProperty = (name: string, other: string): boolean =>
  name === other || (ownName(name) !== undefined && ownName(name) === ownName(other));

const isListed = (name: string): name is keyof Table => Object.hasOwn(librdkafkaTable, name);
