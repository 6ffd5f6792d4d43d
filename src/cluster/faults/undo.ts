import { settingsInFront } from '../compose/engine-settings.ts';

/**
 * How to undo one change without the run that made it: everything needed stands here, so that another process can
 * do it from the journal.
 */
export type Undo =
  | {
      readonly kind: 'local';
      /** The per-user directory that holds the cluster's state file. */
      readonly cache: string;
      readonly cluster: string;
      readonly broker: string;
      readonly action: 'start' | 'unpause';
    }
  | {
      readonly kind: 'docker';
      readonly container: string;
      readonly action: 'start' | 'unpause';
      /** DOCKER_HOST and the like, which say what engine it is. */
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'network';
      /** The Docker network that they came from. */
      readonly home: string;
      readonly moved: readonly {
        readonly container: string;
        /** The network of its side, made for the fault. */
        readonly network: string;
        /** Its names in `home`. */
        readonly aliases: readonly string[];
      }[];
      /** Those that stay in `home`. Their hosts files hold names of the others while these are away. */
      readonly staying?: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      /** What is left of a healed partition: networks that hold addresses until no broker remembers them. */
      readonly kind: 'side-networks';
      readonly networks: readonly string[];
      /** Whose connections may still lead there. */
      readonly containers: readonly string[];
      /** When the last container left them, ms since 1970. */
      readonly since: number;
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'command';
      readonly command: string;
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    };

export interface Undone {
  /** In words: `kafka2 started`. */
  readonly what: string;
  /** False: it was as before already, by someone else's hand. */
  readonly needed: boolean;
  /** What is to be done later, when nothing else is left to undo. */
  readonly left?: Undo;
}

/** `start kafka2` and the like, for a line that says what is to be undone. */
export function describeUndo(undo: Undo): string {
  switch (undo.kind) {
    case 'local':
      return `${undo.action} ${undo.broker} of local cluster ${undo.cluster}`;
    case 'docker':
      return `docker ${undo.action} ${undo.container}`;
    case 'network':
      return `docker network connect ${undo.home} ${undo.moved.map(({ container }) => container).join(', ')}`;
    case 'side-networks':
      return `docker network rm ${undo.networks.join(' ')}`;
    case 'command':
      return `run ${undo.command}`;
  }
}

/** What a person can type when nothing else is left: printed at a second Ctrl-C. */
export function manualCommand(undo: Undo): string {
  switch (undo.kind) {
    case 'local':
      return `kafka-bench faults restore   # ${describeUndo(undo)}`;
    case 'docker':
      return `${settingsInFront(undo.env)}docker ${undo.action} ${undo.container}`;
    case 'network':
      return undo.moved
        .map(({ container, aliases }) => {
          const names = aliases.map((alias) => `--alias ${alias} `).join('');
          return `${settingsInFront(undo.env)}docker network connect ${names}${undo.home} ${container}`;
        })
        .join('; ');
    case 'side-networks':
      return `${settingsInFront(undo.env)}${describeUndo(undo)}`;
    case 'command':
      return undo.command;
  }
}
