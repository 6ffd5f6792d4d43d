/** What a person may ask for: `3.9`, a line, or `3.9.2`. Before 3.7 there is no image, and nothing was tried. */
export const versionPattern = /^(3\.([7-9]|\d\d)|([4-9]|\d\d)\.\d+)(\.\d+)?$/;
export const versionForm = 'a Kafka version from 3.7 on, such as 3.9 or 4.3.0';

/** The patch release that each line is started as where only the line is named. docs/kafka-versions.md has what ran. */
export const releases: Readonly<Record<string, string>> = {
  '3.7': '3.7.2',
  '3.8': '3.8.1',
  '3.9': '3.9.2',
  '4.0': '4.0.2',
  '4.1': '4.1.2',
  '4.2': '4.2.1',
  '4.3': '4.3.0',
  '4.4': '4.4.0',
};

/** `3.9.2` for `3.9`, and for itself; the first release of a line that is not known here. */
export function fullVersion(version: string): string {
  if (version.split('.').length > 2) return version;
  return releases[version] ?? `${version}.0`;
}

/** Whether a cluster of version `actual` is what was asked: that very version, or any of its line. */
export function isVersion(actual: string | null, wanted: string | undefined): boolean {
  return wanted === undefined || actual === wanted || actual?.startsWith(`${wanted}.`) === true;
}

/**
 * Whether brokers have the group protocol of KIP-848 as librdkafka speaks it, with ids that members choose
 * (ConsumerGroupHeartbeat from version 1 on). Kafka 3.7 to 3.9 have version 0 and, unless asked otherwise, not even that.
 */
export function hasConsumerProtocol(version: string): boolean {
  return Number(version.split('.')[0]) >= 4;
}

/** Brokers before Kafka 4 log through log4j 1, which is configured otherwise. */
export function logsByLog4j1(version: string): boolean {
  return Number(version.split('.')[0]) < 4;
}
