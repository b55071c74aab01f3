// ethers, viem and tweetnacl as judges of sign-in.
//   node wallets.mjs sign SECRET TEXT       what the wallets with this 32-byte secret (hex) sign, and who they are
//   node wallets.mjs check TEXT SIGNATURE   the address that signed, by ethers and by viem
//   node wallets.mjs check-sol WALLET TEXT SIGNATURE
//   node wallets.mjs parse MESSAGE          the fields of an EIP-4361 message
//   node wallets.mjs write JSON             an EIP-4361 message with these fields
import { ethers } from 'ethers'
import { recoverMessageAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage, parseSiweMessage } from 'viem/siwe'
import nacl from 'tweetnacl'
import bs58 from 'bs58'

const [action, ...words] = process.argv.slice(2)
const bytes = text => new TextEncoder().encode(text)
const actions = {
  async sign(secret, text) {
    const wallet = new ethers.Wallet(`0x${secret}`)
    const account = privateKeyToAccount(`0x${secret}`)
    const pair = nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'))
    return {
      address: wallet.address,
      public_key: wallet.signingKey.publicKey,
      ethers: await wallet.signMessage(text),
      viem: await account.signMessage({ message: text }),
      sol_address: bs58.encode(pair.publicKey),
      tweetnacl: Buffer.from(nacl.sign.detached(bytes(text), pair.secretKey)).toString('base64'),
    }
  },
  async check(text, signature) {
    return {
      ethers: ethers.verifyMessage(text, signature),
      viem: await recoverMessageAddress({ message: text, signature }),
    }
  },
  'check-sol': (wallet, text, signature) =>
    nacl.sign.detached.verify(bytes(text), Buffer.from(signature, 'base64'), bs58.decode(wallet)),
  parse: message => parseSiweMessage(message),
  write: fields => {
    const given = JSON.parse(fields)
    for (const time of ['issuedAt', 'expirationTime', 'notBefore']) if (given[time]) given[time] = new Date(given[time])
    return { message: createSiweMessage(given) }
  },
}
console.log(JSON.stringify(await actions[action](...words)))
