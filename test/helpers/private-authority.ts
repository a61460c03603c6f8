import { randomBytes } from 'node:crypto'
import { generate } from 'selfsigned'

export interface Certified {
  key: string
  cert: string
  /** The PEM of the authority that issued it. */
  ca: string
}

/** A certificate for names of this test, issued by an authority that nobody else knows. */
export async function certified(...names: string[]): Promise<Certified> {
  const authority = await generate(
    [{ name: 'commonName', value: `Private Authority ${randomBytes(4).toString('hex')}` }],
    {
      algorithm: 'sha256',
      keySize: 2048,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, critical: true },
      ],
    },
  )
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    algorithm: 'sha256',
    keySize: 2048,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) }],
  })
  return { key, cert, ca: authority.cert }
}
