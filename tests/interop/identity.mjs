// js-libp2p as a judge of identity.key files.
//   node identity.mjs read FILE    prints {"id", "file"}: the peer id, and the key marshalled again (hex)
//   node identity.mjs write FILE   writes a new key to FILE and prints the same
import { readFileSync, writeFileSync } from 'node:fs'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'

const [action, path] = process.argv.slice(2)
const key = action === 'write' ? await generateKeyPair('Ed25519') : privateKeyFromProtobuf(readFileSync(path))
if (action === 'write') writeFileSync(path, privateKeyToProtobuf(key), { mode: 0o600 })
const file = Buffer.from(privateKeyToProtobuf(key)).toString('hex')
console.log(JSON.stringify({ id: peerIdFromPrivateKey(key).toString(), file }))
