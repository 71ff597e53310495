package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"parley/bayeux/load"
)

func (a *app) benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench URL",
		Short: "Put a Bayeux server of one's own under load; exit 1 when messages were lost, doubled or out of order",
		Long: "Opens sessions, subscribes them, publishes at a steady rate, and counts what arrives, how late, and what it cost\n" +
			"a server on this machine. The server must let anybody use the channels below --channel.",
		Example: "  PARLEY_BAYEUX_OPEN_CHANNELS='/bench/**' parley serve &\n" +
			"  parley bayeux bench http://127.0.0.1:8080/faye --sessions 1000 --rate 100 --transport websocket",
		Args: cobra.ExactArgs(1),
	}
	flags := c.Flags()
	flags.Int("sessions", 100, "sessions that are subscribed")
	flags.Int("channels", 1, "channels that they are spread over")
	flags.Int("publishers", 1, "sessions that publish")
	flags.Float64("rate", 50, "messages a second, of all publishers")
	flags.Int("size", 100, "bytes of data in a message")
	flags.Duration("duration", 10*time.Second, "how long is published")
	flags.Duration("settle", 5*time.Second, "how long the last deliveries may take")
	flags.Int("opening", 16, "sessions opened at a time")
	flags.String("dialect", load.Faye, "faye or cometd: how connects and subscribes are sent, and whereto")
	flags.String("channel", "/bench", "root of the channels that are used")
	flags.Bool("ack", false, "use CometD's ack extension")
	flags.Int("pid", 0, "process of the server (default: the one that listens there, on this machine)")
	flags.Bool("yes-i-own-this-server", false, "also when it is not on this machine")
	addTransport(c)
	addCredentials(c)
	addJSON(c)
	c.RunE = a.bench
	return c
}

func (a *app) bench(c *cobra.Command, args []string) error {
	address, err := serverURL(c, args[0])
	if err != nil {
		return err
	}
	o, err := benchOptions(c)
	if err != nil {
		return err
	}
	local := load.IsLoopback(c.Context(), address)
	if owned, _ := c.Flags().GetBool("yes-i-own-this-server"); !local && !owned {
		return usagef("%s: %s is not on this machine; if it is yours to load, say --yes-i-own-this-server", c.CommandPath(), address)
	}
	if !local && o.PID != 0 {
		return usagef("%s: --pid is of a process on this machine", c.CommandPath())
	}
	o.Local = local
	o.Progress = func(text string) { fmt.Fprintln(a.stderr, text) }
	result, err := load.Run(c.Context(), address, o)
	if err != nil {
		return err
	}
	if err := a.show(c, result, benchRows(result)...); err != nil {
		return err
	}
	if !result.OK() {
		return errors.New("not every message arrived once and in order")
	}
	return nil
}

func benchOptions(c *cobra.Command) (o load.Options, err error) {
	if o.Transport, err = transportOf(c); err != nil {
		return o, err
	}
	flags := c.Flags()
	o.Dialect, _ = flags.GetString("dialect")
	o.Channel, _ = flags.GetString("channel")
	o.Sessions, _ = flags.GetInt("sessions")
	o.Channels, _ = flags.GetInt("channels")
	o.Publishers, _ = flags.GetInt("publishers")
	o.Rate, _ = flags.GetFloat64("rate")
	o.Size, _ = flags.GetInt("size")
	o.Duration, _ = flags.GetDuration("duration")
	o.Settle, _ = flags.GetDuration("settle")
	o.Opening, _ = flags.GetInt("opening")
	o.PID, _ = flags.GetInt("pid")
	o.Ack, _ = flags.GetBool("ack")
	ext, err := credentials(c)
	if err == nil && ext != nil {
		o.Ext, err = json.Marshal(ext)
	}
	return o, err
}

func benchRows(r load.Result) [][]string {
	rows := [][]string{
		{"sessions opened in", r.Opening.Round(time.Millisecond).String()},
		{"messages", number(r.Messages)},
		{"deliveries", fmt.Sprintf("%d, %.0f a second", r.Deliveries, r.Rate)},
		{"lost", number(r.Lost)},
		{"duplicated", number(r.Duplicated)},
		{"out of order", number(r.Disordered)},
		{"refused", number(r.Refused)},
		{"latency p50, p90, p99, p99.9, max", fmt.Sprintf("%v, %v, %v, %v, %v", brief(r.Latency.P50), brief(r.Latency.P90),
			brief(r.Latency.P99), brief(r.Latency.P999), brief(r.Latency.Max))},
	}
	if r.SessionsLost > 0 {
		rows = append(rows, []string{"sessions lost", fmt.Sprintf("%d: %s", r.SessionsLost, printable(r.Fault))})
	}
	if s := r.Server; s != nil {
		rows = append(rows,
			[]string{"server, process", number(int64(s.PID))},
			[]string{"server, CPU", fmt.Sprintf("%v, %v a delivery", s.CPU.Round(time.Millisecond), s.CPUPerDelivery.Round(100*time.Nanosecond))},
			[]string{"server, memory idle and at the end", fmt.Sprintf("%.1f MiB, %.1f MiB", mebibytes(r.Idle.RSS), mebibytes(s.RSS))})
	}
	return rows
}

func brief(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
