import { CommandError } from './errors'
import { decode, type Doc, encode } from './bson/document'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const HEADER = 16
const CHECKSUM_PRESENT = 1
const MORE_TO_COME = 2

/** The largest message, in bytes. `hello` announces it. */
export const MAX_MESSAGE = 48_000_000

/** The bytes are not a message of MongoDB's wire protocol. The connection must be closed. */
export class ProtocolError extends Error {}

/** A command as it arrived. */
export interface Request {
  requestId: number
  opCode: number
  command: Doc
  /** The client does not wait for a reply. */
  unacknowledged: boolean
}

/** Cuts a stream of bytes into messages. Throws ProtocolError if it cannot. */
export class MessageReader {
  #chunks: Buffer[] = []
  #size = 0

  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: Buffer[] = []
    while (this.#size >= 4) {
      const length = this.#head(4).readInt32LE(0)
      if (length < HEADER || length > MAX_MESSAGE) throw new ProtocolError(`bad message length ${length}`)
      if (this.#size < length) break
      const all = this.#head(length)
      messages.push(all.subarray(0, length))
      this.#chunks[0] = all.subarray(length)
      this.#size -= length
    }
    return messages
  }

  /** Returns a chunk of at least this length. Joins the chunks only if the first is shorter. */
  #head(length: number): Buffer {
    const first = this.#chunks[0] ?? Buffer.alloc(0)
    if (first.length >= length) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}

/** Reads an OP_MSG, or the OP_QUERY of a driver's first hello. Throws ProtocolError for anything else. */
export function readRequest(message: Buffer): Request {
  const requestId = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  try {
    if (opCode === OP_MSG) return { requestId, opCode, ...readMsg(message) }
    if (opCode === OP_QUERY) return { requestId, opCode, command: readQuery(message), unacknowledged: false }
  } catch (cause) {
    throw cause instanceof CommandError ? cause : new ProtocolError(`malformed message: ${String(cause)}`)
  }
  throw new ProtocolError(`opcode ${opCode} is not supported`)
}

function readMsg(message: Buffer): { command: Doc; unacknowledged: boolean } {
  const flags = message.readUInt32LE(HEADER)
  if (flags & 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME)) throw new ProtocolError(`unknown flags ${flags}`)
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0)
  let command: Doc | undefined
  const sequences: Doc = {}
  for (let at = HEADER + 4; at < end;) {
    const kind = message.readUInt8(at)
    const section = slice(message, at + 1, end)
    if (kind === 0 && !command) command = decode(section)
    else if (kind === 1) Object.assign(sequences, readSequence(section))
    else throw new ProtocolError(`unexpected section of kind ${kind}`)
    at += 1 + section.length
  }
  if (!command) throw new ProtocolError('a message without a body')
  return { command: { ...command, ...sequences }, unacknowledged: (flags & MORE_TO_COME) !== 0 }
}

function readSequence(section: Buffer): Doc {
  const nameEnd = section.indexOf(0, 4)
  const docs: Doc[] = []
  for (let at = nameEnd + 1; at < section.length;) {
    const bytes = slice(section, at, section.length)
    docs.push(decode(bytes))
    at += bytes.length
  }
  return { [section.toString('utf8', 4, nameEnd)]: docs }
}

function readQuery(message: Buffer): Doc {
  const nameEnd = message.indexOf(0, HEADER + 4)
  const [db] = message.toString('utf8', HEADER + 4, nameEnd).split('.', 1)
  return { ...decode(slice(message, nameEnd + 1 + 8, message.length)), $db: db }
}

/** Returns the document or the section that starts here with its own length. */
function slice(buffer: Buffer, at: number, end: number): Buffer {
  const length = buffer.readInt32LE(at)
  if (length < 5 || at + length > end) throw new ProtocolError('a length runs past the end')
  return buffer.subarray(at, at + length)
}

let nextId = 1

/** Writes the reply to a request in the request's own form. */
export function writeReply(request: Request, reply: Doc): Buffer {
  const legacy = request.opCode === OP_QUERY
  const head = Buffer.alloc(HEADER + (legacy ? 20 : 5))
  const body = encode(reply)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE((nextId = (nextId + 1) & 0x7fffffff), 4)
  head.writeInt32LE(request.requestId, 8)
  head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12)
  // In an OP_REPLY, flags, cursor and offset stay 0. The number of documents is 1.
  if (legacy) head.writeInt32LE(1, HEADER + 16)
  return Buffer.concat([head, body])
}
