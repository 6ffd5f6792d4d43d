import {
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  describeQuorumV2,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  listOffsetsV6,
  listOffsetsV7,
  listOffsetsV8,
  listOffsetsV9,
  metadataV10,
  metadataV11,
  metadataV12,
  metadataV9,
  produceV10,
  produceV9,
} from '@platformatic/kafka';

/** The requests this room sends, each in every version that the client implements, newest first. */
export const requests = {
  metadata: [metadataV12.api, metadataV11.api, metadataV10.api, metadataV9.api],
  createTopics: [createTopicsV7.api],
  deleteTopics: [deleteTopicsV6.api],
  describeConfigs: [describeConfigsV4.api],
  describeQuorum: [describeQuorumV2.api],
  findCoordinator: [findCoordinatorV6.api, findCoordinatorV5.api, findCoordinatorV4.api],
  listOffsets: [listOffsetsV9.api, listOffsetsV8.api, listOffsetsV7.api, listOffsetsV6.api],
  produce: [produceV10.api, produceV9.api],
} as const;
