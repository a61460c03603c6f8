import { execFile } from 'node:child_process'

/**
 * Runs a command to its end, without Jest's environment variables. Resolves to its output. Rejects with the output if
 * it fails, or takes more than two minutes.
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
