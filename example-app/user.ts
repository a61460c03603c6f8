import { model, Schema } from 'mongoose'
import { jitUser, type JitUserOptions, type UserOf } from '../src/index'

/** The app's user: standard profile fields, custom fields of every type, and `active`, which only the app sets. */
const userSchema = new Schema({
  email: { type: String, required: true },
  firstName: String,
  lastName: String,
  title: String,
  department: String,
  employeeNumber: String,
  phoneNumber: String,
  timezone: String,
  startDate: Date,
  custom: {
    costCenter: String,
    level: { type: Number, min: 1, max: 12 },
    remote: Boolean,
    contractEnd: Date,
    skills: [String],
    workplace: { type: String, enum: ['office', 'hybrid', 'remote'] },
  },
  active: { type: Boolean, default: true },
})

/** The fields that an identity provider may write, with their attribute names. */
export const ssoFields: JitUserOptions['fields'] = {
  email: true,
  firstName: true,
  lastName: true,
  title: true,
  department: true,
  employeeNumber: { identifier: true },
  phoneNumber: true,
  timezone: true,
  startDate: true,
  'custom.costCenter': { label: 'Cost center', attribute: { saml: 'costCenter', oidc: 'cost_center' } },
  'custom.level': { label: 'Level' },
  'custom.remote': { label: 'Works remotely' },
  'custom.contractEnd': { label: 'Contract ends', attribute: { saml: 'contractEnd', oidc: 'contract_end' } },
  'custom.skills': { label: 'Skills' },
  'custom.workplace': { label: 'Workplace' },
}

userSchema.plugin(jitUser, { fields: ssoFields })

export const User = model('User', userSchema)

export type UserDocument = UserOf<typeof User>
