// js-libp2p 3.3 wants Promise.withResolvers of Node 22; Node 20 gets it here, before anything else is imported.
if (typeof Promise.withResolvers !== 'function') {
  Promise.withResolvers = function () {
    let resolve, reject
    const promise = new this((yes, no) => { resolve = yes; reject = no })
    return { promise, resolve, reject }
  }
}
