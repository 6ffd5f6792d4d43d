/** Values of librdkafka's `auto.offset.reset` by which a group without commits reads a log from its beginning. */
export const fromBeginning: readonly unknown[] = ['smallest', 'earliest', 'beginning'];
