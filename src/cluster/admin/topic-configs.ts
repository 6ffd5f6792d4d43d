import type { describeConfigsV4 } from '@platformatic/kafka';
import { requests } from './requests.ts';
import type { Wire } from './wire.ts';

/** Resource type of DescribeConfigs. */
const topicResource = 2 as const;

type Response = describeConfigsV4.DescribeConfigsResponse;

/** By name; those that brokers did not give are left out, as are sensitive ones. */
export type TopicConfig = Readonly<Record<string, string>>;

/**
 * One request for all topics; `keys` null: all there are. Topics of which the broker does not tell, as it does not know
 * them or the account may not ask, are left out. Rejects with the client's error where that is each of them, or nobody
 * answers.
 */
export async function topicConfigs(
  wire: Wire,
  topics: readonly string[],
  keys: readonly string[] | null,
): Promise<Map<string, TopicConfig>> {
  if (topics.length === 0) return new Map();
  const resources = topics.map((resourceName) => ({
    ...{ resourceType: topicResource, resourceName, configurationKeys: keys && [...keys] },
  }));
  const told = (await answer(wire, resources)).results.filter(({ errorCode }) => errorCode === 0);
  return new Map(
    told.map(({ resourceName, configs }) => [
      resourceName,
      Object.fromEntries(
        configs.flatMap(({ name, value }) => (typeof value === 'string' ? [[name, value] as const] : [])),
      ),
    ]),
  );
}

/** The client rejects as soon as one topic is refused, but keeps the whole response. */
async function answer(
  wire: Wire,
  resources: describeConfigsV4.DescribeConfigsRequestResource[],
): Promise<Response> {
  try {
    return await wire.anyOnce(requests.describeConfigs, resources, false, false);
  } catch (error) {
    const response = (error as { response?: Response }).response;
    if (response?.results.some(({ errorCode }) => errorCode === 0)) return response;
    throw error;
  }
}
