package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options of Run. The zero value is a small load over long-polling.
type Options struct {
	Transport string // "long-polling", or "websocket"
	// Dialect is how requests look: "faye" sends them to the mount, each alone, and
	// publishes a message at a time; "cometd" appends /handshake and /connect to it,
	// asks for no hold with the first connect, and subscribes in that connect's batch.
	Dialect string

	Sessions   int           // that are subscribed: 100
	Channels   int           // that they are spread over: 1
	Publishers int           // 1
	Rate       float64       // messages a second, of all publishers: 50
	Size       int           // bytes of data in a message: 100
	Duration   time.Duration // of publishing: 10 s
	Settle     time.Duration // for the last deliveries: 5 s
	Opening    int           // sessions opened at a time: 16

	Channel string          // root of the channels: "/bench"
	Ext     json.RawMessage // sent with handshakes, connects, subscribes and publishes
	Ack     bool            // whether CometD's ack extension is used: each connect confirms what came before it
	// Local says that the server is on this machine: its process is looked at, and
	// looked for where PID does not name it.
	Local bool
	PID   int

	// Progress hears of what is done next. Nil: nobody does.
	Progress func(string)
}

// Bounds of what one run may do.
const (
	MaxSessions = 50_000
	MaxRate     = 100_000
	MaxDuration = time.Hour
	MaxSize     = 1 << 20
	minSize     = 40 // room for what a message is known by
)

func (o *Options) fill() error {
	for _, n := range []struct {
		v   *int
		def int
	}{{&o.Sessions, 100}, {&o.Channels, 1}, {&o.Publishers, 1}, {&o.Size, 100}, {&o.Opening, 16}} {
		if *n.v == 0 {
			*n.v = n.def
		}
	}
	if o.Rate == 0 {
		o.Rate = 50
	}
	if o.Duration == 0 {
		o.Duration = 10 * time.Second
	}
	if o.Settle == 0 {
		o.Settle = 5 * time.Second
	}
	if o.Transport == "" {
		o.Transport = LongPolling
	}
	if o.Dialect == "" {
		o.Dialect = Faye
	}
	if o.Channel == "" {
		o.Channel = "/bench"
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	switch {
	case o.Transport != LongPolling && o.Transport != WebSocket:
		return fmt.Errorf("load: no transport %q", o.Transport)
	case o.Dialect != Faye && o.Dialect != CometD:
		return fmt.Errorf("load: no dialect %q", o.Dialect)
	case o.Sessions < 1 || o.Publishers < 1 || o.Sessions+o.Publishers > MaxSessions:
		return fmt.Errorf("load: sessions and publishers must be between 1 and %d", MaxSessions)
	case o.Channels < 1 || o.Channels > o.Sessions:
		return errors.New("load: channels must be between 1 and the number of sessions")
	case o.Rate < 0.1 || o.Rate > MaxRate:
		return fmt.Errorf("load: the rate must be between 0.1 and %d", MaxRate)
	case o.Duration < 0 || o.Settle < 0 || o.Duration+o.Settle > MaxDuration:
		return fmt.Errorf("load: a run may not take longer than %v", MaxDuration)
	case o.Size < minSize || o.Size > MaxSize:
		return fmt.Errorf("load: the size must be between %d and %d", minSize, MaxSize)
	case o.Opening < 1:
		return errors.New("load: at least one session must be opened at a time")
	}
	return nil
}

// Transports and dialects.
const (
	LongPolling = "long-polling"
	WebSocket   = "websocket"

	Faye   = "faye"
	CometD = "cometd"
)

// IsLoopback reports whether address, a URL, leads to this machine only. A
// name does if all its addresses do.
func IsLoopback(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return false
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	for _, ip := range all {
		if !ip.IsLoopback() {
			return false
		}
	}
	return err == nil && len(all) > 0
}

// run is one at work.
type run struct {
	Options
	url   string
	http  *http.Transport
	tally *tally
	loops sync.WaitGroup
	ctx   context.Context // of the sessions
	stop  context.CancelFunc

	mu     sync.Mutex
	failed error // the first session's that was lost
	lost   int
}

// Run puts load on the server at address, an http or https URL. When ctx
// ends early the load does too, and the result is that of what was done; the
// error is for a load that could not be put on.
func Run(ctx context.Context, address string, o Options) (Result, error) {
	if err := o.fill(); err != nil {
		return Result{}, err
	}
	r := &run{Options: o, url: strings.TrimSuffix(address, "/")}
	// Whoever stops early still gets what is under way, and disconnects.
	r.ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	r.http = &http.Transport{MaxIdleConns: 2 * MaxSessions, MaxIdleConnsPerHost: 2 * MaxSessions, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	defer r.http.CloseIdleConnections()
	subscribers, publishers, result, err := r.open(ctx)
	if err == nil {
		watch := watchProcess(address, o.Local, o.PID)
		result.Idle = watch.memory()
		r.Progress(fmt.Sprintf("publishing %g messages a second for %v", o.Rate, o.Duration))
		began := time.Now()
		watch.start()
		r.publish(ctx, publishers)
		result.Published = time.Since(began)
		r.settle()
		watch.stop()
		result.add(r, watch)
	}
	r.Progress("closing the sessions")
	r.close(append(subscribers, publishers...))
	return result, err
}

// open opens all sessions, some at a time.
func (r *run) open(ctx context.Context) (subscribers, publishers []*session, result Result, err error) {
	r.tally = newTally(r.Publishers, r.Channels, r.Sessions)
	r.Progress(fmt.Sprintf("opening %d sessions over %s, as %s does", r.Sessions+r.Publishers, r.Transport, r.Dialect))
	began := time.Now()
	free := make(chan struct{}, r.Opening)
	var all sync.WaitGroup
	var mu sync.Mutex
	var first error
	add := func(index int, list *[]*session) {
		defer func() { <-free }()
		s, err := r.dial(ctx, index)
		mu.Lock()
		defer mu.Unlock()
		if s != nil {
			*list = append(*list, s)
		}
		if err != nil && first == nil {
			first = err
		}
	}
	for i := range r.Sessions + r.Publishers {
		free <- struct{}{}
		mu.Lock()
		broken := first != nil || ctx.Err() != nil
		mu.Unlock()
		if broken {
			break
		}
		if i < r.Sessions {
			all.Go(func() { add(i, &subscribers) })
		} else {
			all.Go(func() { add(-1, &publishers) })
		}
	}
	all.Wait()
	if first == nil {
		first = ctx.Err()
	}
	result.Opening = time.Since(began)
	return subscribers, publishers, result, first
}

// channel is the name of the i-th.
func (r *run) channel(i int) string { return fmt.Sprintf("%s/%s/%d", r.Channel, r.tally.run, i) }

// publish sends at the rate until the time is over.
func (r *run) publish(ctx context.Context, publishers []*session) {
	ctx, cancel := context.WithTimeout(ctx, r.Duration)
	defer cancel()
	var all sync.WaitGroup
	gap := time.Duration(float64(time.Second) * float64(len(publishers)) / r.Rate)
	for i, p := range publishers {
		all.Go(func() {
			due := time.Now().Add(gap * time.Duration(i) / time.Duration(len(publishers)))
			for seq := 0; ; seq++ {
				if !sleep(ctx, time.Until(due)) {
					return
				}
				// A late one is sent at once; its time still runs from the sending.
				due = due.Add(gap)
				channel := (i + seq) % r.Channels
				r.tally.sending(channel)
				if err := p.publish(r.channel(channel), r.tally.payload(i, channel, r.Size)); err != nil {
					r.tally.unsent(channel)
					if r.ctx.Err() == nil {
						r.lose(err)
					}
					return
				}
			}
		})
	}
	all.Wait()
}

// settle waits until all that is due has come, or nothing comes any more.
func (r *run) settle() {
	end := time.Now().Add(r.Settle)
	for !r.tally.complete() && time.Now().Before(end) {
		sleep(r.ctx, 20*time.Millisecond)
	}
	sleep(r.ctx, min(r.Settle, 100*time.Millisecond)) // duplicates come after the first
}

// close disconnects all and waits for what they started.
func (r *run) close(all []*session) {
	free := make(chan struct{}, r.Opening)
	var done sync.WaitGroup
	for _, s := range all {
		free <- struct{}{}
		done.Go(func() { s.leave(); <-free })
	}
	done.Wait()
	r.stop()
	for _, s := range all {
		s.close()
	}
	r.loops.Wait()
}

// lose notes a session that ended too early.
func (r *run) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost++
	if r.failed == nil {
		r.failed = err
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
