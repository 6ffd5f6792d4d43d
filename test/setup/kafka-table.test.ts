import { describe, expect, it } from 'vitest';
import { kafkaTypes } from '../../bin/kafka-table.mjs';
import { defaultVersion, presentJars } from '../../src/cluster/local/kafka-jars.ts';
import { brokerTypes, topicTypes } from '../../src/scenario/kafka-table.ts';
import { missing } from '../requirements.ts';

const libs = presentJars({ env: process.env, version: defaultVersion() })?.libs;

describe.skipIf(missing('java') || libs === undefined)('the committed types of Kafka’s properties', () => {
  it('are those of the Kafka that is installed', () => {
    expect(topicTypes).toEqual(kafkaTypes(libs!, 'topic'));
    expect(brokerTypes).toEqual(kafkaTypes(libs!, 'broker'));
  });
});
