export type { ActivityOptions } from './activity/activity'
export { createJit, type Jit } from './jit'
export type { JitOptions, UserOf } from './jit-options'
export type { JitEvents } from './events'
export { jitUser, type Identity } from './fields/plugin'
export type { FieldOptions, JitUserOptions, TransformContext } from './fields/catalogue'
export { standardFields, type StandardField, type StandardFieldName } from './fields/standard'
export type { Assertion } from './login/assertion'
export {
  JitError,
  type ErrorDetails,
  type FaultCode,
  type JitErrorOptions,
  type RefusalCode,
} from './login/errors'
export type { ManagedField } from './login/managed'
export type { Change, LoginPlan, LoginResult, Notice, NoticeCode, Outcome } from './login/result'
export { mongoSources, type MongoSources, type MongoSourcesOptions } from './sources/mongo-sources'
export type { EncryptionKey } from './sources/secrets'
export type { Linking, OidcOptions, Protocol, SamlOptions, SourceConfig } from './sources/config'
export type { MappingRow, NamedField, SourceDetails } from './sources/details'
export type { JitAuthInfo } from './strategies/auth-info'
export { OidcJitStrategy } from './strategies/oidc'
export { SamlJitStrategy } from './strategies/saml'
export type { SamlLimits } from './strategies/saml-limits'
export type { RouterOptions } from './web/router'
export type { AdminRouterOptions } from './web/admin/admin-context'
export type { AdminLayout, AdminPage } from './web/admin/admin-layout'
