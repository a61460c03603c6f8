import type { Field } from '../../fields/catalog'
import { pemBlocks } from '../../sources/certificates'
import type { AdminSource } from '../../stored-sources/admin-source'
import type { Protocol, SourceConfig } from '../../sources/config'
import { generalDefaults } from '../../sources/general-options'
import type { ControlKind } from '../../sources/option-table'
import {
  type FormOption,
  formOptions,
  identifierControl,
  identifierFields,
  metadataControls,
} from './controls'
import { type FormValues, valueOf } from './form-values'

/** How a form is read. */
export interface FormReading {
  fields: readonly Field[]
  /** Whether the admin is one of an organization. The form then lacks the team's options. */
  isFenced: boolean
}

export function configOf(values: FormValues, protocol: Protocol, reading: FormReading): SourceConfig {
  const id = valueOf(values, 'id').trim()
  const named = reading.isFenced && id === '' ? {} : { id }
  const config: Record<string, unknown> = { ...named, protocol, [protocol]: {} }
  for (const [option, value] of enteredOptions(values, protocol, reading)) {
    if (value !== null) set(config, option, value)
  }
  return config as unknown as SourceConfig
}

/** The merge patch that a form describes: an option that was emptied is removed, but an empty secret is kept. */
export function patchOf(values: FormValues, { config }: AdminSource, reading: FormReading): object {
  const patch: Record<string, unknown> = {}
  for (const [option, value] of enteredOptions(values, config.protocol, reading)) set(patch, option, value)
  return patch
}

function enteredOptions(
  values: FormValues,
  protocol: Protocol,
  { fields, isFenced }: FormReading,
): [option: string, value: unknown][] {
  const metadata = enteredMetadata(values, protocol)
  const options = editableOptions(protocol)
    // The form may still hold the values of the old metadata. The entity ID chooses among several providers.
    .filter(([name, { fromMetadata }]) => metadata.length === 0 || !fromMetadata || name === 'saml.idpIssuer')
    .filter(([name, { team }]) => !isFenced || !team || values.has(name))
    .map(([name, option]): [string, unknown] => [name, entered(values, name, option)])
  return [
    ...options.filter(([, value]) => value !== undefined),
    ...metadata,
    ['identifiers', enteredIdentifiers(values, fields)],
    ['fields.provision', enteredSelection(values, 'provision')],
    ['fields.sync', enteredSelection(values, 'sync')],
  ]
}

function editableOptions(protocol: Protocol): [name: string, option: FormOption][] {
  return [...formOptions(protocol)].filter(([, { permanent }]) => !permanent)
}

function enteredMetadata(values: FormValues, protocol: Protocol): [string, string][] {
  if (protocol !== 'saml') return []
  return Object.keys(metadataControls)
    .map((name): [string, string] => [name, valueOf(values, name).trim()])
    .filter(([, text]) => text !== '')
}

/** Null removes the option, and undefined keeps it. */
function entered(values: FormValues, name: string, { kind, secret }: FormOption): unknown {
  const text = valueOf(values, name).trim()
  if (kind === 'flag') return values.has(name)
  if (secret) return text || (values.has(`${name}.remove`) ? null : undefined)
  if (kind === 'lines') return linesOf(text)
  const blocks = kind === 'certificates' ? pemBlocks(text) : []
  if (blocks.length > 0) return blocks
  // Bare base64 is one certificate.
  return kind === 'certificates' && text !== '' ? [text] : text || null
}

function linesOf(text: string): string[] {
  return text
    .split(/[\r\n,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** In the order of the chosen numbers; in the model's order if two are the same. */
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

export function newValues(protocol: Protocol, fields: readonly Field[]): FormValues {
  return configValues({ id: '', protocol }, fields)
}

/** The values of a stored source, without secrets. */
export function configValues(config: SourceConfig, fields: readonly Field[]): FormValues {
  const options = [...formOptions(config.protocol)].map(([name, option]): [string, string[]] => [
    name,
    shownValue(config, name, option),
  ])
  const { provision, sync } = { ...generalDefaults.fields, ...config.fields }
  const identifiers = config.identifiers ?? generalDefaults.identifiers
  return new Map([
    ...options.filter(([, values]) => values.length > 0),
    ...selectionValues('provision', provision),
    ...selectionValues('sync', sync),
    ...identifierFields(fields).map(({ path }): [string, string[]] => [
      identifierControl(path),
      [String(identifiers.indexOf(path) + 1)],
    ]),
  ])
}

/** What the control of an option shows: never a secret. */
export function shownValue(config: SourceConfig, name: string, option: FormOption): string[] {
  return option.secret ? [] : shown(get(config, name) ?? option.default, option.kind)
}

function selectionValues(
  action: 'provision' | 'sync',
  chosen: 'all' | readonly string[],
): [string, readonly string[]][] {
  const name = `fields.${action}`
  return chosen === 'all' ? [[name, ['all']]] : Object.entries({ [name]: ['selected'], [action]: chosen })
}

function shown(value: unknown, kind: ControlKind): string[] {
  if (value === undefined || value === null) return []
  if (kind === 'flag') return value === true ? ['on'] : []
  if (Array.isArray(value)) return [value.join(kind === 'lines' || kind === 'certificates' ? '\n' : ' ')]
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}

/** A form's value that is stored now and differs from the typed one. */
export type Difference = { name: string; stored: string; typed: string }

/** The differences between a stored source and what was typed, without secrets. */
export function differences(
  typed: FormValues,
  config: SourceConfig,
  { fields, isFenced }: FormReading,
): Difference[] {
  const stored = configValues(config, fields)
  const names = [
    ...editableOptions(config.protocol).flatMap(([name, { team }]) => (isFenced && team ? [] : [name])),
    ...['fields.provision', 'fields.sync'],
    ...identifierFields(fields).map(({ path }) => identifierControl(path)),
    ...['provision', 'sync'],
  ]
  const isFlag = (name: string): boolean => formOptions(config.protocol).get(name)?.kind === 'flag'
  const textOf = (values: FormValues, name: string): string => {
    if (isFlag(name)) return values.has(name) ? 'on' : 'off'
    return (values.get(name) ?? []).join('\n').replaceAll('\r\n', '\n').trim()
  }
  return names
    .map((name) => ({ name, stored: textOf(stored, name), typed: textOf(typed, name) }))
    .filter((difference) => difference.stored !== difference.typed)
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
