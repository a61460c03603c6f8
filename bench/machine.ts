import { createRequire } from 'node:module'
import os from 'node:os'

/** Where and with what the bench ran. */
export interface Machine {
  processor: string
  cores: number
  /** GiB. */
  memory: number
  system: string
  /** By package. */
  versions: Record<string, string>
  /** ISO 8601. */
  date: string
}

const packages = [
  ...['express', 'express-session', 'connect-mongo', 'mongoose', 'passport'],
  ...['@node-saml/passport-saml', '@node-saml/node-saml', 'passport-openidconnect'],
]

export function describeMachine(): Machine {
  const processors = os.cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory: Math.round(os.totalmem() / 1024 ** 3),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: {
      'passport-jit': versionIn('../package.json'),
      ...Object.fromEntries(packages.map((name) => [name, versionIn(`${name}/package.json`)])),
    },
    date: new Date().toISOString(),
  }
}

/** The system's load, averaged over a minute: one is one busy core. */
export function systemLoad(): number {
  return os.loadavg()[0]!
}

function versionIn(file: string): string {
  return (createRequire(__filename)(file) as { version: string }).version
}
