/** What tells the docker command which engine to talk to; an undo from elsewhere needs the same. */
const names = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_CONFIG'];

export type EngineSettings = Readonly<Record<string, string>>;

export function engineSettings(env: NodeJS.ProcessEnv): EngineSettings {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value ? [[name, value] as const] : [];
    }),
  );
}

/** An environment whose docker command talks to that engine. */
export function withEngine(env: NodeJS.ProcessEnv, settings: EngineSettings): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !names.includes(name));
  return { ...Object.fromEntries(others), ...settings };
}

/** In front of a command that a person types: `DOCKER_HOST=unix:///there `. */
export function settingsInFront(settings: EngineSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value} `)
    .join('');
}
