/* What dev-mongo offers; README.md says what it is for. */

export type { Doc } from './bson/document'
export { findMongo, type FoundMongo, freePort } from './find'
export { type CommandInfo, type DevMongo, startDevMongo } from './server'
export { MessageReader, readRequest, type Request, writeReply } from './wire'
