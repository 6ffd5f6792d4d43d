/**
 * Words that a user chooses from. The command line, the library, scenarios and the formats of results take each list
 * from here.
 */

/** How producers learn what became of their messages. `auto`: the tap where this machine has one, else reports. */
export const ackSourceChoices = ['auto', 'tap', 'delivery-reports'] as const;
export type AckSourceChoice = (typeof ackSourceChoices)[number];

/** What a client's outcomes were observed by, as results say it: with acks=0 there is nothing but the socket. */
export const ackSources = ['tap', 'delivery-reports', 'socket-write'] as const;
export type AckSourceKind = (typeof ackSources)[number];

/** Clusters that may stay up without a run. */
export const keptClusters = ['local', 'compose'] as const;
export type KeptCluster = (typeof keptClusters)[number];

/** Clusters that kafka-bench can start; `auto` takes the first that can serve. */
export const startableClusters = [...keptClusters, 'mock'] as const;
export const clusterChoices = ['auto', ...startableClusters] as const;
export type ClusterChoice = (typeof clusterChoices)[number];

/** What a run is on; `external` is somebody else's, which a bootstrap address names. */
export const clusterKinds = [...startableClusters, 'external'] as const;
export type ClusterKind = (typeof clusterKinds)[number];
export const clusterWords = ['auto', ...clusterKinds] as const;

/** `combined`: each node is broker and controller. `dedicated`: controllers are nodes of their own. */
export const controllerChoices = ['combined', 'dedicated'] as const;
export type ControllerChoice = (typeof controllerChoices)[number];

/** What programs and CI services read of runs and comparisons, beside the text for people. */
export const documentFormats = ['markdown', 'junit', 'json'] as const;
export type DocumentFormat = (typeof documentFormats)[number];
export const outputFormats = ['terminal', ...documentFormats] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** In what two sides of a comparison may differ beside what was measured. */
export const differenceKinds = ['scenario', 'cluster', 'ack-source', 'versions', 'machine'] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** Shells that have a completion script. */
export const shells = ['bash', 'zsh'] as const;
export type Shell = (typeof shells)[number];

/** How the comparison's self-test is made to fail: nothing planted where it expects something, and the reverse. */
export const sabotages = ['none', 'everywhere'] as const;
export type Sabotage = (typeof sabotages)[number];

/** What can be done to one broker. `kill` is SIGKILL, `stop` a clean shutdown. */
export const brokerActions = ['stop', 'start', 'kill', 'pause', 'unpause'] as const;
export type BrokerAction = (typeof brokerActions)[number];
