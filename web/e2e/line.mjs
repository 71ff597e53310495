// A way to the server that can be cut like a cable: playwright's offline mode leaves open sockets alone.
import { connect, createServer } from 'node:net'

export class Line {
  static async to(t, origin) {
    const line = new Line(Number(new URL(origin).port))
    await new Promise((done) => line.server.listen(0, '127.0.0.1', done))
    line.origin = `http://127.0.0.1:${line.server.address().port}`
    t.after(() => {
      line.cut()
      line.server.close()
    })
    return line
  }

  constructor(port) {
    this.sockets = new Set()
    this.whole = true
    this.server = createServer((near) => {
      if (!this.whole) return near.destroy()
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) {
        this.sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          this.sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.pipe(far).pipe(near)
    })
  }

  cut() {
    this.whole = false
    for (const socket of this.sockets) socket.destroy()
  }

  mend() {
    this.whole = true
  }
}
