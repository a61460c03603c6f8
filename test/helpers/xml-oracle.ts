import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc, { type IProperty } from 'fast-check'
import { SIGNATURE_NS } from '../../src/saml/xml/signature-algorithms'
import { algorithms } from './saml-idp'
import { documentXml, type RandomDocument } from './xml-documents'

/* The answers of libxml2 (xmllint) and xmlsec1 about documents and signatures. They share no code with this library. */

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))

/** The time for one property. */
const SECONDS = 15

/** Tests a property until its time is over. A failure shows its seed, its counterexample and how to repeat it. */
export function assertForSome<T>(property: IProperty<T>): void {
  try {
    fc.assert(property, {
      seed,
      numRuns: 1_000_000,
      interruptAfterTimeLimit: SECONDS * 1000,
      markInterruptAsFailure: false,
    })
  } catch (error) {
    throw new Error(`Repeat with ORACLE_SEED=${seed}`, { cause: error })
  }
}

/** The commands' answers about files, which are deleted afterwards. */
function ask<T>(texts: readonly string[], question: (paths: string[], folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'xml-oracle-'))
  try {
    const paths = texts.map((text, i) => {
      const path = join(folder, `${i}.xml`)
      writeFileSync(path, text)
      return path
    })
    return question(paths, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Output {
  status: number | null
  stdout: string
  stderr: string
}

function run(command: 'xmllint' | 'xmlsec1', args: readonly string[]): Output {
  const output = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (!output.error) return output
  const isMissing = (output.error as NodeJS.ErrnoException).code === 'ENOENT'
  throw isMissing
    ? new Error(`${command} is missing: install the packages libxml2-utils and xmlsec1`, {
        cause: output.error,
      })
    : output.error
}

for (const command of ['xmllint', 'xmlsec1'] as const) run(command, ['--version'])

/** The canonical text of each document element by xmllint, which keeps comments. They are removed here. */
export function xmllintCanonical(documents: readonly string[], option: '--c14n' | '--exc-c14n'): string[] {
  return ask([...documents, '<separator/>'], (paths) => {
    const separator = paths.pop()!
    const { stdout, stderr } = run('xmllint', [option, ...paths.flatMap((path) => [path, separator])])
    const texts = stdout.split('<separator></separator>')
    if (texts.pop() !== '' || texts.length !== documents.length) throw new Error(`xmllint: ${stderr}`)
    // A canonical text escapes every other "<".
    return texts.map((text) => text.replace(/<!--[^]*?-->/g, '').trim())
  })
}

/** A canonicalization with its PrefixList, as the XML of a Transform or a CanonicalizationMethod. */
export interface Method {
  algorithm: string
  prefixes: readonly string[]
}

function methodXml(name: string, { algorithm, prefixes }: Method): string {
  const list = `<InclusiveNamespaces xmlns="${algorithms.exclusive}" PrefixList="${prefixes.join(' ')}"/>`
  return `<${name} Algorithm="${algorithm}">${prefixes.length > 0 ? list : ''}</${name}>`
}

export interface Template {
  method: Method
  /** None for the default of XML Signature. */
  transform?: Method | undefined
  signatureAlgorithm: string
  digestAlgorithm: string
}

function referenceXml(id: string, transforms: string, digestAlgorithm: string): string {
  return (
    `<Reference URI="#${id}"><Transforms>${transforms}</Transforms>` +
    `<DigestMethod Algorithm="${digestAlgorithm}"/><DigestValue/></Reference>`
  )
}

function signatureXml(method: Method, signatureAlgorithm: string, references: string): string {
  return (
    `<Signature xmlns="${SIGNATURE_NS}"><SignedInfo>${methodXml('CanonicalizationMethod', method)}` +
    `<SignatureMethod Algorithm="${signatureAlgorithm}"/>${references}</SignedInfo><SignatureValue/></Signature>`
  )
}

/**
 * The text that xmlsec1 hashes for each document's target with each method: the canonical text of a part of a document.
 */
export function xmlsecCanonical(
  documents: readonly RandomDocument[],
  methods: readonly Method[],
): string[][] {
  const references = documents.flatMap((_, i) =>
    methods.map((method) => referenceXml(`_${i}`, methodXml('Transform', method), algorithms.sha256)),
  )
  const tags = [...new Set(documents.map(({ tag }) => tag))]
  const xml =
    `<!DOCTYPE all [${tags.map((tag) => `<!ATTLIST ${tag} ID ID #IMPLIED>`).join('')}]><all>` +
    documents.map((document, i) => documentXml(document, `_${i}`)).join('') +
    signatureXml({ algorithm: algorithms.exclusive, prefixes: [] }, HMAC, references.join('')) +
    '</all>'
  return ask([xml, 'any key'], ([path, key], folder) => {
    const output = ['--store-references', '--print-debug', '--output', join(folder, 'signed')]
    const { stdout, stderr } = run('xmlsec1', ['--sign', ...output, '--hmackey', key!, path!])
    const texts = [...stdout.matchAll(preDigest)].map(([, text]) => text!)
    if (texts.length !== references.length) throw new Error(`xmlsec1: ${stderr}`)
    return documents.map((_, i) => texts.slice(i * methods.length, (i + 1) * methods.length))
  })
}

const HMAC = `${SIGNATURE_NS}hmac-sha1`
const preDigest = /== PreDigest data - start buffer:\n([^]*?)\n== PreDigest data - end buffer/g

/** The documents, each with an enveloped signature of its target by xmlsec1, with the ID `_signed`. */
export function xmlsecSigned(documents: readonly [RandomDocument, Template][], privateKey: string): string[] {
  const texts = documents.map(([document, template]) => {
    const { method, transform, signatureAlgorithm, digestAlgorithm } = template
    const transforms =
      `<Transform Algorithm="${SIGNATURE_NS}enveloped-signature"/>` +
      (transform ? methodXml('Transform', transform) : '')
    const reference = referenceXml('_signed', transforms, digestAlgorithm)
    const signature = signatureXml(method, signatureAlgorithm, reference)
    const type = `<!DOCTYPE ${document.tag} [<!ATTLIST ${document.tag} ID ID #IMPLIED>]>`
    return type + documentXml(document, '_signed', signature)
  })
  return ask([...texts, privateKey], (paths) => {
    const key = paths.pop()!
    const { stdout, stderr } = run('xmlsec1', ['--sign', '--privkey-pem', key, ...paths])
    const signed = stdout.split('<?xml version="1.0"?>\n').slice(1)
    if (signed.length !== documents.length) throw new Error(`xmlsec1: ${stderr}`)
    return signed.map((xml) => xml.replace(/<!DOCTYPE[^]*?\]>\n?/, ''))
  })
}

export interface Question {
  publicKey: string
  /** An XPath expression of the Signature. */
  signature: string
  /** The elements whose attribute ID is an ID: namespace, colon, local name. */
  identified: readonly string[]
}

/** Whether xmlsec1 accepts that signature of each document. */
export function xmlsecVerdicts(documents: readonly string[], question: Question): boolean[] {
  return ask([...documents, question.publicKey], (paths) => {
    const options = [
      ...['--verify', '--pubkey-pem', paths.pop()!, '--node-xpath', question.signature],
      ...question.identified.flatMap((name) => ['--id-attr:ID', name]),
      // KeyInfo is never used.
      ...['--enabled-key-data', 'key-name'],
    ]
    const verdicts: boolean[] = []
    while (verdicts.length < paths.length) {
      // It stops at the first document that it refuses.
      const { status, stderr } = run('xmlsec1', [...options, ...paths.slice(verdicts.length)])
      const accepted = stderr.match(/^OK$/gm) ?? []
      if (status === 0 && accepted.length === 0) throw new Error(`xmlsec1: ${stderr}`)
      verdicts.push(...accepted.map(() => true))
      if (status !== 0) verdicts.push(false)
    }
    return verdicts
  })
}
