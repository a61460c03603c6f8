import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { SourceConfig } from '../../src'

export interface AppSettings {
  /** Which instance this is: in the header X-Instance of its answers. */
  name: string
  mongoUri: string
  /** 32 bytes in base64. */
  encryptionKey: string
  /** Those in code. */
  sources: SourceConfig[]
  port: number
  /** Where people reach it. */
  origin: string
}

/** An app in a process of its own; see app-main.ts. */
export interface AppProcess {
  /** What it said on standard error. */
  said: () => string
  /** Ends it as it stands (SIGKILL). */
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
