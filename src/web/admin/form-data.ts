import type { Field } from '../../fields/catalog'
import { type AdminSource, type SecretOption, secretOptions } from '../../stored-sources/admin-source'
import { pemBlocks } from '../../sources/certificates'
import type { Protocol, SourceConfig } from '../../sources/config'
import { holdsSecret } from '../../sources/secret-text'

/** What a form holds: under each control's name, its values. */
export type FormValues = ReadonlyMap<string, readonly string[]>

type Kind = 'text' | 'list' | 'flag' | 'choice' | 'secret' | 'certificates'

/**
 * The options that a form sets, by their place in SourceConfig, which is the control's name too. `flag` is a
 * checkbox; `choice` always has a value; `list` is one entry per line; `secret` is never shown again.
 */
const generalOptions: Record<string, Kind> = {
  label: 'text',
  enabled: 'flag',
  provisioning: 'flag',
  syncing: 'flag',
  linking: 'choice',
  domains: 'list',
  onAbsent: 'choice',
  onEmpty: 'choice',
}

const protocolOptions: Record<Protocol, Record<string, Kind>> = {
  saml: {
    'saml.entryPoint': 'text',
    'saml.idpIssuer': 'text',
    'saml.idpCert': 'certificates',
    'saml.issuer': 'text',
    'saml.logoutUrl': 'text',
    'saml.authnRequestBinding': 'text',
    'saml.privateKey': 'secret',
    'saml.publicCert': 'text',
    'saml.decryptionPvk': 'secret',
    'saml.decryptionCert': 'text',
    'saml.allowIdpInitiated': 'flag',
    'saml.allowSha1': 'flag',
  },
  oidc: {
    'oidc.issuer': 'text',
    'oidc.clientID': 'text',
    'oidc.clientSecret': 'secret',
    'oidc.scope': 'text',
    'oidc.tokenEndpointAuthMethod': 'text',
    'oidc.responseMode': 'text',
    'oidc.allowPrivateAddresses': 'flag',
  },
}

/** Where metadata is given instead of what it holds; never stored. */
export const metadataControls = ['saml.metadata', 'saml.metadataUrl'] as const

const secretControls: readonly string[] = secretOptions

/** The options that metadata may hold. */
const importedControls = [
  'saml.entryPoint',
  'saml.idpIssuer',
  'saml.idpCert',
  'saml.logoutUrl',
  'saml.authnRequestBinding',
]

/** The names of a protocol's controls, in no order. */
export function controlsOf(protocol: Protocol): string[] {
  const metadata = protocol === 'saml' ? metadataControls : []
  const selections = ['identifiers', 'fields.provision', 'fields.sync']
  return ['id', ...Object.keys(optionsOf(protocol)), ...selections, ...metadata]
}

function optionsOf(protocol: Protocol): Record<string, Kind> {
  return { ...generalOptions, ...protocolOptions[protocol] }
}

/** What was posted, however the app's own parser left it. */
export function formValues(body: unknown): FormValues {
  if (typeof body !== 'object' || body === null) return new Map()
  return new Map(
    Object.entries(body).map(([name, value]: [string, unknown]) => {
      // Some parsers turn a long list into an object of indexes.
      const values = typeof value === 'object' && value !== null ? Object.values(value) : [value]
      return [name, values.filter((one): one is string => typeof one === 'string')]
    }),
  )
}

/** The first value of a control; empty where it has none. */
export function valueOf(values: FormValues, name: string): string {
  return values.get(name)?.[0] ?? ''
}

/** Which field's control says in which place the identifier stands. */
export function identifierControl(path: string): string {
  return `identifier.${path}`
}

/** A new source as a form asks for it. */
export function configOf(values: FormValues, protocol: Protocol, fields: readonly Field[]): SourceConfig {
  const config: Record<string, unknown> = { id: valueOf(values, 'id').trim(), protocol, [protocol]: {} }
  for (const [option, value] of enteredOptions(values, protocol, fields)) {
    if (value !== null) set(config, option, value)
  }
  return config as unknown as SourceConfig
}

/** The merge patch that a form asks for: what was emptied is removed, and an empty secret stays. */
export function patchOf(
  values: FormValues,
  { config }: AdminSource,
  fields: readonly Field[],
): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const [option, value] of enteredOptions(values, config.protocol, fields)) set(patch, option, value)
  return patch
}

function enteredOptions(
  values: FormValues,
  protocol: Protocol,
  fields: readonly Field[],
): [option: string, value: unknown][] {
  const metadata = enteredMetadata(values, protocol)
  const options = Object.entries(optionsOf(protocol)).map(([option, kind]): [string, unknown] => {
    // The form holds those of the old metadata too.
    const isReplaced = metadata.length > 0 && importedControls.includes(option)
    return [option, isReplaced ? undefined : entered(values, option, kind)]
  })
  return [
    ...options.filter(([, value]) => value !== undefined),
    ...metadata,
    ['identifiers', enteredIdentifiers(values, fields)],
    ['fields.provision', enteredSelection(values, 'provision')],
    ['fields.sync', enteredSelection(values, 'sync')],
  ]
}

function enteredMetadata(values: FormValues, protocol: Protocol): [string, string][] {
  if (protocol !== 'saml') return []
  return metadataControls
    .map((name): [string, string] => [name, valueOf(values, name).trim()])
    .filter(([, text]) => text !== '')
}

/** Null: remove it. Undefined: leave it. */
function entered(values: FormValues, option: string, kind: Kind): unknown {
  const text = valueOf(values, option).trim()
  if (kind === 'flag') return values.has(option)
  if (kind === 'secret') return text || (values.has(`${option}.remove`) ? null : undefined)
  if (kind === 'list') return linesOf(text)
  if (kind === 'certificates') return text === '' ? null : certificatesIn(text)
  return text || null
}

function linesOf(text: string): string[] {
  return text
    .split(/[\r\n,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Certificates in PEM form, one below the other; bare base64 is one certificate. */
function certificatesIn(text: string): string[] {
  const blocks = pemBlocks(text)
  return blocks.length > 0 ? blocks : [text]
}

/** In the order of the numbers that were chosen; in the model's order where they are the same. */
function enteredIdentifiers(values: FormValues, fields: readonly Field[]): string[] {
  return identifierFields(fields)
    .map(({ path }) => ({ path, place: Number(valueOf(values, identifierControl(path))) }))
    .filter(({ place }) => place > 0)
    .sort((a, b) => a.place - b.place)
    .map(({ path }) => path)
}

function enteredSelection(values: FormValues, action: 'provision' | 'sync'): 'all' | string[] {
  return valueOf(values, `fields.${action}`) === 'all' ? 'all' : [...(values.get(action) ?? [])]
}

/** The fields by which the model lets existing users be recognised. */
export function identifierFields(fields: readonly Field[]): Field[] {
  return fields.filter(({ identifier }) => identifier)
}

/** What the form of a new source begins with. */
export function newValues(protocol: Protocol, fields: readonly Field[]): FormValues {
  return configValues({ id: '', protocol }, fields)
}

/** A stored source as a form shows it. Secrets are not in it. */
export function configValues(config: SourceConfig, fields: readonly Field[]): FormValues {
  const defaults: Record<string, unknown> = {
    enabled: true,
    linking: 'verified',
    onAbsent: 'keep',
    onEmpty: 'clear',
  }
  const options = Object.entries(optionsOf(config.protocol)).map(([option, kind]): [string, string[]] => [
    option,
    shown(get(config, option) ?? defaults[option], kind),
  ])
  const { provision = 'all', sync = 'all' } = config.fields ?? {}
  const identifiers = config.identifiers ?? ['email']
  return new Map([
    ['id', [config.id]],
    ...options.filter(([, values]) => values.length > 0),
    ...selectionValues('provision', provision),
    ...selectionValues('sync', sync),
    ...identifierFields(fields).map(({ path }): [string, string[]] => [
      identifierControl(path),
      [String(identifiers.indexOf(path) + 1)],
    ]),
  ])
}

function selectionValues(action: 'provision' | 'sync', chosen: 'all' | string[]): [string, string[]][] {
  return chosen === 'all'
    ? [[`fields.${action}`, ['all']]]
    : [
        [`fields.${action}`, ['selected']],
        [action, chosen],
      ]
}

function shown(value: unknown, kind: Kind): string[] {
  if (value === undefined || value === null || kind === 'secret') return []
  if (kind === 'flag') return value === true ? ['on'] : []
  if (Array.isArray(value)) return [value.join(kind === 'text' ? ' ' : '\n')]
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}

/** What a page may show of a form: all that was typed, but no secret, wherever it was typed. */
export function withoutSecrets(values: FormValues): FormValues {
  return new Map(
    [...values].filter(([name, texts]) => !secretControls.includes(name) && !texts.some(holdsSecret)),
  )
}

/** The secrets that were typed. */
export function typedSecrets(values: FormValues): string[] {
  return secretControls.filter((name) => valueOf(values, name).trim() !== '')
}

/** Which of a form's values differ between what is stored and what was typed. */
export function differences(
  stored: FormValues,
  typed: FormValues,
  names: readonly string[],
): { name: string; stored: string; typed: string }[] {
  return names
    .map((name) => ({ name, stored: asText(stored, name), typed: asText(typed, name) }))
    .filter((one) => one.stored !== one.typed)
}

function asText(values: FormValues, name: string): string {
  const isFlag = Object.values(protocolOptions).some((options) => options[name] === 'flag')
  if (isFlag || generalOptions[name] === 'flag') return values.has(name) ? 'on' : 'off'
  return (values.get(name) ?? []).join('\n').replaceAll('\r\n', '\n').trim()
}

/** The control beside which an option's problem stands; undefined where it has none. */
export function controlOf(option: string, protocol: Protocol): string | undefined {
  const controls = controlsOf(protocol).filter((name) => option === name || option.startsWith(`${name}.`))
  return controls.sort((a, b) => b.length - a.length)[0]
}

/** Whether a secret has been stored already, so that its control may stay empty. */
export function hasSecret(source: AdminSource | undefined, option: string): boolean {
  return source?.secrets.includes(option as SecretOption) ?? false
}

function get(config: object, option: string): unknown {
  return option
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config)
}

function set(target: Record<string, unknown>, option: string, value: unknown): void {
  const [first = '', ...rest] = option.split('.')
  if (rest.length === 0) target[first] = value
  else set((target[first] ??= {}) as Record<string, unknown>, rest.join('.'), value)
}
