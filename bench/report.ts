import { createRequire } from 'node:module'
import os from 'node:os'
import type { Spread } from './statistics'

type Figure = number | Spread

/** One line of the table. */
export interface Row {
  what: string
  jit: Figure
  /** The other side: the bare strategies, or the hand-written callback. */
  other?: Figure
  /** This library divided by the other side. */
  ratio?: Figure
}

const packages = [
  ...['express', 'express-session', 'connect-mongo', 'mongoose', 'passport'],
  ...['@node-saml/passport-saml', 'passport-openidconnect'],
]

/** When, where and how a run was made. */
export function describeRun(command: string, database: string): string {
  const [processor, ...others] = os.cpus()
  const memory = Math.round(os.totalmem() / 1024 ** 3)
  const versions = packages.map((name) => `${name} ${versionIn(`${name}/package.json`)}`)
  return `- Date: ${new Date().toISOString().slice(0, 10)}
- Command: \`${command}\`
- Machine: ${processor?.model.trim()}, ${others.length + 1} cores, ${memory} GiB, ${os.type()} ${os.arch()}
- Software: Node.js ${process.versions.node}, ${database}, passport-jit ${versionIn('../package.json')}, ${versions.join(', ')}`
}

function versionIn(file: string): string {
  return (createRequire(__filename)(file) as { version: string }).version
}

/** RESULTS.md. */
export function markdown(run: string, rows: Row[]): string {
  const lines = rows.map(({ what, jit, other, ratio }) => {
    const figures = [jit, other, ratio].map((value) => (value === undefined ? '' : figure(value)))
    return `| ${[what, ...figures].join(' | ')} |`
  })
  return `# What a sign-in costs

${run}

${EXPLANATION}

| Per sign-in | passport-jit | other side | ratio |
| --- | --: | --: | --: |
${lines.join('\n')}
`
}

const EXPLANATION = `Each figure with a range is the median of several rounds, with its quartiles. The two sides take turns within a
run, so compare the ratios, which are passport-jit divided by the other side. Milliseconds depend on the machine.

Both sides run the same Express app, with its sessions in MongoDB. 30 attributes arrive and are stored in 30 fields. Of 100
people, 95 are unchanged since yesterday, four have two changed fields, and one is new. The other side is the bare strategies
as most teams set them up, with a callback that writes every field by \`findOneAndUpdate\`. \`jit.login()\` is compared with
that callback alone.

passport-jit reads before it writes, accepts each assertion once, and records sessions so that the provider can end them. Over
OpenID Connect it also verifies the ID token's signature, which the bare strategy doesn't do. Over SAML, the bare strategy reads
the XML several times.`

/** Three digits, and the quartiles of a spread. */
function figure(value: Figure): string {
  if (typeof value === 'number') return digits(value)
  return `${digits(value.median)} (${digits(value.low)} to ${digits(value.high)})`
}

function digits(value: number): string {
  const decimals = value === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}
