import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { SourceConfig } from '../../src'

export interface AppSettings {
  /** The name of this instance, sent in the header X-Instance. */
  name: string
  mongoUri: string
  /** 32 bytes in base64. */
  encryptionKey: string
  /** The sources in code. */
  sources: SourceConfig[]
  port: number
  /** The public address. */
  origin: string
}

/** An app in its own process; see app-main.ts. */
export interface AppProcess {
  /** Its output on standard error. */
  said: () => string
  /** Kills it at once (SIGKILL). */
  kill(): Promise<void>
}

export async function startApp(settings: AppSettings): Promise<AppProcess> {
  const script = path.join(__dirname, 'app-main.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  let said = ''
  child.stderr.on('data', (text) => (said += String(text)))
  const exit = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exit
    child.stdout.destroy()
  }
  for await (const line of createInterface(child.stdout)) {
    if (line === 'READY') return { said: () => said, kill }
  }
  throw new Error(`the app did not start: ${said}`)
}
