import { Schema } from 'mongoose'
import { jitUser, type TransformContext } from '../../src'

/* The code of docs/groups-and-roles.md, for the test that runs it. */

const name = { email: { type: String, required: true }, firstName: String, lastName: String }

export const withGroups = new Schema({ ...name, groups: [String] })

withGroups.plugin(jitUser, {
  fields: {
    email: true,
    firstName: true,
    lastName: true,
    groups: { label: 'Groups' },
  },
})

/** Which group of which source stands for which role. */
const roles: Record<string, Record<string, string>> = {
  okta: { 'App Admins': 'admin', 'App Editors': 'editor' },
  entra: { '2f1cbd0a-9c3e-4b71-8f53-0d6f1c9a7e42': 'admin' },
  keycloak: { '/app/editors': 'editor' },
}

function rolesOf(groups: unknown, { source }: TransformContext): string[] {
  const known = new Map(Object.entries(roles[source] ?? {}))
  const found = [groups].flat().flatMap((group) => known.get(String(group)) ?? [])
  return [...new Set(found)]
}

export const withRoles = new Schema({
  ...name,
  roles: [{ type: String, enum: ['admin', 'editor'] }],
})

withRoles.plugin(jitUser, {
  fields: {
    email: true,
    firstName: true,
    lastName: true,
    roles: { label: 'Roles', attribute: 'groups', sensitive: true, transform: rolesOf },
  },
})

const strongestFirst = ['admin', 'editor']

function strongestRole(groups: unknown, context: TransformContext): string {
  const found = rolesOf(groups, context)
  return strongestFirst.find((role) => found.includes(role)) ?? ''
}

export const withOneRole = new Schema({
  ...name,
  role: { type: String, enum: strongestFirst },
})

withOneRole.plugin(jitUser, {
  fields: {
    email: true,
    firstName: true,
    lastName: true,
    role: { label: 'Role', attribute: 'groups', sensitive: true, transform: strongestRole },
  },
})

export const withBoth = new Schema({ ...name, groups: [String] })

withBoth.virtual('isAdmin').get(function () {
  return this.groups.includes('App Admins')
})

withBoth.plugin(jitUser, {
  fields: {
    email: true,
    firstName: true,
    lastName: true,
    groups: { label: 'Groups', sensitive: true },
  },
})
