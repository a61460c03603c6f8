import { execFile } from 'node:child_process'

/**
 * Runs a command to its end, as if no test were running: what Jest has put into the environment is left out.
 * Resolves to what it wrote; rejects with the same where it fails, or takes more than two minutes.
 */
export function command(
  folder: string,
  line: string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  const [program = '', ...args] = line
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...outer } = process.env
  const options = { cwd: folder, env: { ...outer, ...env }, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${line.join(' ')}: ${error.message}\n${stdout}\n${stderr}`))
      else resolve({ stdout, stderr })
    })
  })
}
