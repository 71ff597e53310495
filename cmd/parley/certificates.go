package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"parley/config"
)

// certificates is the pair of files that TLS speaks with. New connections get
// what was read last; those that are open go on as they are.
type certificates struct {
	certFile, keyFile string
	logger            *slog.Logger
	current           atomic.Pointer[tls.Certificate]
	seen              [2]fileState
}

// fileState tells whether a file changed, or a link to it was bent.
type fileState struct {
	modified time.Time
	size     int64
}

// openCertificates reads the files for the first time; nil without error when TLS is off.
func openCertificates(cfg config.TLS, logger *slog.Logger) (*certificates, error) {
	if cfg.Cert == "" {
		return nil, nil
	}
	c := &certificates{certFile: cfg.Cert, keyFile: cfg.Key, logger: logger}
	c.seen = c.look()
	return c, c.read()
}

func (c *certificates) read() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("http.tls: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

func (c *certificates) look() (seen [2]fileState) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			seen[i] = fileState{info.ModTime(), info.Size()}
		}
	}
	return seen
}

// config is the server's side of TLS. HTTP/2 is for all that can be asked by it; websockets come by HTTP/1.1,
// which a client offers for them alone.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}

// How often the files are looked at.
const certificateBeat = 5 * time.Second

// run reads the files again when they changed, and on SIGHUP, until ctx ends. When they cannot be used, as
// between the writing of the one and the other, the old pair stays until they can.
func (c *certificates) run(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	beat := time.NewTicker(certificateBeat)
	defer beat.Stop()
	for {
		asked := false
		select {
		case <-ctx.Done():
			return nil
		case <-hangup:
			asked = true
		case <-beat.C:
		}
		seen := c.look()
		if seen == c.seen && !asked {
			continue
		}
		c.seen = seen
		if err := c.read(); err != nil {
			c.logger.Error("certificates not reloaded; the old ones stay", "error", err)
			continue
		}
		c.logger.Info("certificates reloaded")
	}
}
