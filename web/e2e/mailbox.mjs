/** Milliseconds in which an event must have arrived. */
const patience = 5000

/** Keeps what arrives on channels, in order, until a test takes it. */
export class Mailbox {
  arrived = []
  waiting = []

  put(channel, data) {
    const i = this.waiting.findIndex((w) => w.channel === channel)
    if (i < 0) this.arrived.push({ channel, data })
    else this.waiting.splice(i, 1)[0].done(data)
  }

  /** The next event of a channel, now or soon. */
  next(channel) {
    const i = this.arrived.findIndex((a) => a.channel === channel)
    if (i >= 0) return Promise.resolve(this.arrived.splice(i, 1)[0].data)
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`nothing arrived on ${channel} within ${patience} ms`)), patience)
      const settle = (data) => {
        clearTimeout(timer)
        done(data)
      }
      this.waiting.push({ channel, done: settle })
    })
  }

  /** What arrived and nobody took. */
  left(prefix = '/') {
    return this.arrived.filter((a) => a.channel.startsWith(prefix))
  }
}
