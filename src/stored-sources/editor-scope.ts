import type { OrganizationPath } from '../fields/organization'
import type { UserModel } from '../fields/plugin'
import type { Proxy } from '../outgoing/proxy'
import { describeSource } from '../sources/describe-source'
import type { SourceEntry, SourceRegistry, SourceView, Validate } from '../sources/registry'
import type { AdminSource } from './admin-source'
import { type Fence, visibleAuthority } from './fence'
import type { LinkedUsers } from './linked-users'
import type { SourceRefresh } from './refresh'
import type { SourceStore } from './source-store'

export type Database = { store: SourceStore; sync: SourceRefresh }

/** The parts of an app that an editor uses. */
export interface Setup extends Required<Parameters<typeof describeSource>[1]> {
  registry: SourceRegistry
  validate: Validate
  userModel: UserModel
  /** Where the users have their organization. */
  organization?: OrganizationPath | undefined
  /** Undefined if every source is in code. */
  database: Database | undefined
  /** How requests to providers go out. Default: directly. */
  proxy?: Proxy
}

/** What an editor may see and change. */
export interface Scope extends Pick<Setup, 'database'> {
  registry: SourceView
  linkedUsers: LinkedUsers
  /** Set for an admin of one organization. */
  fence?: Fence
}

/** A source as the admin of a scope sees it. */
export function adminSource(
  { source, ...entry }: SourceEntry,
  setup: Setup,
  { fence, registry }: Scope,
): AdminSource {
  if (!source) return entry
  const authority = fence ? visibleAuthority(setup.authority, registry) : setup.authority
  return { ...entry, details: describeSource(source, { ...setup, authority }) }
}
