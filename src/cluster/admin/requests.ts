import {
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  describeGroupsV5,
  describeQuorumV2,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  listGroupsV4,
  listGroupsV5,
  listOffsetsV6,
  listOffsetsV7,
  listOffsetsV8,
  listOffsetsV9,
  metadataV10,
  metadataV11,
  metadataV12,
  metadataV9,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV8,
  offsetFetchV9,
  produceV10,
  produceV9,
} from '@platformatic/kafka';
import { consumerGroupDescribeV0 } from './consumer-group-describe.ts';
import { describeQuorumV0, describeQuorumV1 } from './describe-quorum.ts';
import { leaderLogEnds } from './leader-log-ends.ts';

/** The requests this room sends, each in every version that the client implements, newest first. */
export const requests = {
  metadata: [metadataV12.api, metadataV11.api, metadataV10.api, metadataV9.api],
  consumerGroupDescribe: [consumerGroupDescribeV0],
  createTopics: [createTopicsV7.api],
  deleteTopics: [deleteTopicsV6.api],
  describeConfigs: [describeConfigsV4.api],
  describeGroups: [describeGroupsV5.api],
  describeQuorum: [describeQuorumV2.api, describeQuorumV1, describeQuorumV0],
  findCoordinator: [findCoordinatorV6.api, findCoordinatorV5.api, findCoordinatorV4.api],
  leaderLogEnds: [leaderLogEnds],
  listGroups: [listGroupsV5.api, listGroupsV4.api],
  listOffsets: [listOffsetsV9.api, listOffsetsV8.api, listOffsetsV7.api, listOffsetsV6.api],
  offsetCommit: [offsetCommitV9.api, offsetCommitV8.api],
  offsetFetch: [offsetFetchV9.api, offsetFetchV8.api],
  produce: [produceV10.api, produceV9.api],
} as const;
