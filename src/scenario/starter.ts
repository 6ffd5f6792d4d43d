/** What `init` writes: small, runs as it is, and shows where to go from there. */
export const starterScenario = (schemaPath: string): string => `\
# yaml-language-server: $schema=${schemaPath}
# Run it:    kafka-bench run FILE
# Check it:  kafka-bench validate FILE     All keys: docs/scenarios.md

description: One producer at a steady rate, one consumer group that reads along.

# Where Kafka comes from. auto takes the first that can serve: a running cluster, Docker, Java, librdkafka's mock.
# For a cluster of your own:  cluster: { bootstrap: "broker1:9092,broker2:9092" }
cluster: auto

topics:
  # Created under a unique name and deleted afterwards, unless reuse: true.
  - { name: orders, partitions: 3 }

producers:
  - name: writer
    topic: orders
    rate: 1000/s # open loop: sent on schedule whether or not the cluster keeps up. max: as fast as it goes
    value: { bytes: 200 } # or: json: { id: "\${uuid}", number: "\${seq}", at: "\${now}" }
    client: # librdkafka's own properties, unchanged
      acks: all
      linger.ms: 5
      # compression.type: lz4

consumers:
  - name: reader
    topic: orders
    group: order-readers
    client: { auto.offset.reset: earliest }

phases:
  warmup: 2s # not counted
  measure: 10s
  drain: 30s # a limit, not a wait

# Gates: when one fails the exit code is 1. Delivery is checked in any case; docs/reading.md has the verdicts.
# expect:
#   delivery: at-least-once
#   undelivered: 0
#   writer.ack.p99: "<= 100ms"
#   reader.endToEnd.p99: "<= 200ms"
`;
