import type { ManagedField, MappingRow, SourceDetails } from '../../src/index'
import type { LastSignInRecord } from '../last-sign-in'
import type { UserDocument } from '../user'
import { html, type Html } from '../web/html'
import { lastSignInPanel } from './last-sign-in-panel'
import { appPage } from './layout'
import { fieldValue } from './values'

export interface Profile {
  user: UserDocument
  /** The result of `jit.managedFields(user)`. */
  managed: readonly ManagedField[]
  lastSignIn: LastSignInRecord | null
  sources: readonly SourceDetails[]
}

/** A user's profile: each field with the source that manages it, and the result of the last sign-in. */
export function profilePage(profile: Profile): string {
  const { user, managed, lastSignIn, sources } = profile
  const fields = sources[0]?.fieldMapping ?? []
  const group = (kind: MappingRow['kind']): MappingRow[] => fields.filter((field) => field.kind === kind)
  const name = [user.firstName, user.lastName].filter(Boolean).join(' ')
  return appPage({
    title: 'Profile',
    signedIn: true,
    current: '/profile',
    main: html`<div class="profile">
      <header class="person">
        <h1><bdi>${name || user.email}</bdi></h1>
        ${user.title && html`<p class="title"><bdi>${user.title}</bdi></p>`}
        <p class="lead">
          ${managed.length} of ${fields.length} fields are managed by SSO and updated from your company’s
          directory.
        </p>
      </header>
      ${lastSignInPanel(lastSignIn, sources)}
      <div class="fields">
        ${fieldTable('Standard fields', group('standard'), profile)}
        ${fieldTable('Custom fields', group('custom'), profile)}
      </div>
    </div>`,
  })
}

function fieldTable(title: string, fields: readonly MappingRow[], profile: Profile): Html {
  return html`<table class="fields-table">
    <caption>
      ${title}
    </caption>
    <thead>
      <tr>
        <th scope="col">Field</th>
        <th scope="col">Value</th>
        <th scope="col">Managed by</th>
      </tr>
    </thead>
    <tbody>
      ${fields.map((field) => fieldRow(field, profile))}
    </tbody>
  </table>`
}

function fieldRow({ path, label }: MappingRow, { user, managed, lastSignIn, sources }: Profile): Html {
  const changed =
    lastSignIn?.outcome !== 'provisioned' && lastSignIn?.changes.some((change) => change.path === path)
  const { owner, sources: managers = [] } = managed.find((field) => field.path === path) ?? {}
  const ids = owner === undefined ? managers : [owner]
  const labels = ids.map((id) => sources.find((source) => source.id === id)?.label ?? id)
  return html`<tr>
    <th scope="row">${label}</th>
    <td>${fieldValue(user.get(path))} ${changed && html`<span class="changed">updated</span>`}</td>
    <td>${labels.length > 0 ? html`<span class="source">${labels.join(', ')}</span>` : notManaged}</td>
  </tr>`
}

const notManaged = html`<span class="none">this app</span>`
