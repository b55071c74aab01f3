// A js-libp2p peer: Noise, yamux, identify, ping, gossipsub and peer exchange.
//   node peer.mjs TOPIC KNOWN     KNOWN: JSON list of {"id", "addrs"} that it tells whoever asks
// Commands come as JSON lines on stdin, answers and events go as JSON lines to stdout; it ends with stdin.
import './with_resolvers.mjs'
import readline from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const EXCHANGE = '/debros/peer-exchange/1.0.0'
const [topic, known] = process.argv.slice(2)
const say = event => process.stdout.write(`${JSON.stringify(event)}\n`)
const encode = text => new TextEncoder().encode(text)

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false }, // loopback is refused by default
  services: {
    identify: identify(),
    ping: ping(),
    pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, globalSignaturePolicy: 'StrictSign' }),
  },
})

async function line (stream) {
  let text = ''
  for await (const part of stream) {
    text += new TextDecoder().decode(part.subarray())
    if (text.includes('\n')) break
  }
  return JSON.parse(text)
}

await node.handle(EXCHANGE, async stream => {
  const asked = await line(stream)
  stream.send(encode(`${JSON.stringify({ peers: JSON.parse(known).slice(0, asked.limit) })}\n`))
  await stream.close()
  say({ event: 'asked', limit: asked.limit })
})
node.services.pubsub.addEventListener('message', ({ detail }) => {
  say({ event: 'message', from: detail.from.toString(), data: new TextDecoder().decode(detail.data) })
})
node.addEventListener('peer:identify', ({ detail }) => {
  say({
    event: 'identify',
    id: detail.peerId.toString(),
    agent: detail.agentVersion,
    protocols: detail.protocols,
    addresses: detail.listenAddrs.map(String),
  })
})
node.services.pubsub.subscribe(topic)
say({ event: 'ready', id: node.peerId.toString(), address: node.getMultiaddrs()[0].toString() })

const commands = {
  async dial ({ address }) {
    const connection = await node.dial(multiaddr(address))
    return { encryption: connection.encryption, multiplexer: connection.multiplexer }
  },
  async ping ({ id }) {
    await node.services.ping.ping(peerIdFromString(id))
    return {}
  },
  async publish ({ texts }) {
    for (const text of texts) await node.services.pubsub.publish(topic, encode(text))
    return {}
  },
  async exchange ({ id, limit }) {
    const stream = await node.dialProtocol(peerIdFromString(id), EXCHANGE)
    stream.send(encode(`${JSON.stringify({ limit })}\n`))
    const answer = await line(stream)
    await stream.close()
    return answer
  },
}
for await (const text of readline.createInterface({ input: process.stdin })) {
  const { command, ...words } = JSON.parse(text)
  try {
    say({ event: command, ...await commands[command](words) })
  } catch (error) {
    say({ event: 'error', command, error: String(error?.stack ?? error) })
  }
}
await node.stop()
process.exit(0)
