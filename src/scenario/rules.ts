import type { Warning } from '../base/errors.ts';
import type { AvroFiles } from './avro-files.ts';
import { type Finding, touches, valueAt } from './explain.ts';
import { isSameProperty } from './librdkafka-properties.ts';
import type { Path } from './problem.ts';
import { avroRecordsFit, avroSchemasAreReadable, framingFits, readersCanRead } from './rules/avro.ts';
import { securityIsEverybodys } from './rules/client-security.ts';
import { clientSettingsAgree } from './rules/client-settings.ts';
import {
  namesAreUnique,
  propertiesTakeEffect,
  somethingToDo,
  staticMembersAreUnique,
} from './rules/clients.ts';
import {
  brokerPropertiesAreKnown,
  consumerProtocolIsThere,
  clusterAndBootstrap,
  mockHasNoConfiguration,
  securityFits,
} from './rules/cluster.ts';
import {
  commitFits,
  lateGroupsReadEverything,
  startsComeTrue,
  topicsAreReadOnce,
} from './rules/consumers.ts';
import {
  deadLettersCanHappen,
  deadLettersComeFirst,
  deadLettersHaveTheirTopic,
} from './rules/dead-letters.ts';
import {
  clientsCanKeepPromise,
  countsAreAudited,
  orderIsChecked,
  promiseIsChecked,
} from './rules/delivery.ts';
import { expectationsAreMeasured } from './rules/expect.ts';
import {
  envelopeFits,
  jsonTemplatesAreJson,
  messagesOrFor,
  partitionExists,
  tombstonesHaveRoom,
  valuesFitMessage,
  valuesFitQueue,
  valuesFitTopic,
} from './rules/producers.ts';
import { faultTargetsExist } from './rules/faults.ts';
import type { Rule } from './rules/rule.ts';
import {
  compactedTopicsHaveKeys,
  listedTopicsAreUsed,
  readTopicsAreWritten,
  replicasFitBrokers,
  topicNamesAreLegal,
  topicNamesDiffer,
  topicsAreListedOnce,
} from './rules/topics.ts';
import {
  checkedNumbersAreExact,
  invalidIsCounted,
  schemasAreValid,
  validationSeesMessages,
  valuesMatchTheirSchema,
} from './rules/values.ts';
import type { Remains } from './check-schema.ts';

/** What no single key shows: contradictions between keys. */
const rules: readonly Rule[] = [
  somethingToDo,
  namesAreUnique,
  clusterAndBootstrap,
  mockHasNoConfiguration,
  securityFits,
  brokerPropertiesAreKnown,
  consumerProtocolIsThere,
  topicNamesAreLegal,
  topicNamesDiffer,
  topicsAreListedOnce,
  listedTopicsAreUsed,
  replicasFitBrokers,
  readTopicsAreWritten,
  compactedTopicsHaveKeys,
  messagesOrFor,
  envelopeFits,
  tombstonesHaveRoom,
  partitionExists,
  valuesFitMessage,
  valuesFitQueue,
  valuesFitTopic,
  jsonTemplatesAreJson,
  commitFits,
  topicsAreReadOnce,
  deadLettersComeFirst,
  deadLettersHaveTheirTopic,
  deadLettersCanHappen,
  startsComeTrue,
  lateGroupsReadEverything,
  propertiesTakeEffect,
  staticMembersAreUnique,
  clientSettingsAgree,
  securityIsEverybodys,
  faultTargetsExist,
  expectationsAreMeasured,
  promiseIsChecked,
  clientsCanKeepPromise,
  countsAreAudited,
  orderIsChecked,
  schemasAreValid,
  valuesMatchTheirSchema,
  checkedNumbersAreExact,
  validationSeesMessages,
  invalidIsCounted,
  avroSchemasAreReadable,
  avroRecordsFit,
  framingFits,
  readersCanRead,
];

/**
 * Runs every rule on what the schema accepts. `refused` are the paths of what it does not: a rule that looked at
 * one of them, or at a place above or below, says nothing.
 */
export function checkRules(
  { scenario, original }: Remains,
  context: { root: unknown; avro: AvroFiles; refused: readonly Path[]; bootstrapGiven: boolean },
): { findings: Finding[]; warnings: Warning[] } {
  const findings: Finding[] = [];
  const warnings: Warning[] = [];
  const inFile = (path: Path): Path => underGivenName(context.root, original(path));
  for (const rule of rules) {
    rule({
      scenario,
      avro: context.avro,
      bootstrapGiven: context.bootstrapGiven,
      says: (path) => valueAt(context.root, inFile(path)) !== undefined,
      problem: (path, message, { involves = [], ...more } = {}) => {
        const looked = [...(path.length > 0 ? [path] : []), ...involves].map(inFile);
        if (
          looked.some((each) =>
            context.refused.some((refused) =>
              each.length === 0 ? refused.length <= 1 : touches(each, refused),
            ),
          )
        )
          return;
        findings.push({ path: inFile(path), message, ...more });
      },
      warn: (code, message) => warnings.push({ code, message }),
    });
  }
  return { findings, warnings };
}

/** A client's property may stand in the file under an alias. */
function underGivenName(root: unknown, path: Path): Path {
  const last = path.at(-1);
  const parent = path.slice(0, -1);
  if (!parent.includes('client') || typeof last !== 'string') return path;
  const given = Object.keys(valueAt(root, parent) ?? {});
  const name = given.includes(last) ? last : (given.find((each) => isSameProperty(each, last)) ?? last);
  return [...parent, name];
}
