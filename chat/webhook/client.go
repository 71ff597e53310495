package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"parley/models"
)

const (
	// maxAnswer is how much of an answer is read, keptAnswer how much of it is remembered; maxError bounds what is
	// said of a failure.
	maxAnswer  = 64 << 10
	keptAnswer = 1 << 10
	maxError   = 300

	userAgent = "Parley-Webhooks/1"
)

// tokenForm is what tokens look like: an endpoint may show what it was sent, with the token in it, and who reads the log
// of deliveries is not meant to have one.
var tokenForm = regexp.MustCompile(`\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?`)

// newTransport dials what may be dialled, directly: no proxy from the environment would be asked which address it
// dials.
func (c Config) newTransport() *http.Transport {
	may := addresses{c.AllowPrivate, c.AllowedNetworks, c.Ports}
	dialer := &net.Dialer{Timeout: c.Timeout, KeepAlive: 30 * time.Second, Resolver: c.Resolver, Control: may.control}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: c.Timeout, ForceAttemptHTTP2: true,
		DisableCompression: true, MaxResponseHeaderBytes: 32 << 10,
		MaxIdleConns: c.Workers, MaxIdleConnsPerHost: c.WorkersEach, IdleConnTimeout: 30 * time.Second,
	}
}

// client follows no redirect: where it leads was not what the admin named.
func (c Config) client() *http.Client {
	return &http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// result is what came of a request.
type result struct {
	began    time.Time
	took     time.Duration
	status   int // 0: there was no answer
	problem  string
	response string
	// retryAfter is what the answer asks for; 0: nothing.
	retryAfter time.Duration
}

func (r result) ok() bool { return r.problem == "" }

// post sends a delivery once.
func (s *Sender) post(ctx context.Context, w models.Webhook, d models.Delivery) (r result) {
	r.began = time.Now()
	defer func() { r.took = time.Since(r.began) }()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	request, err := s.newRequest(ctx, w, d)
	if err != nil {
		r.problem = "the request could not be made: " + words(err)
		return r
	}
	answer, err := s.client.Do(request)
	if err != nil {
		r.problem = s.words(err)
		return r
	}
	defer answer.Body.Close() //nolint:errcheck // it was read, or is of no interest
	r.status = answer.StatusCode
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	r.response = printable(tokenForm.ReplaceAllString(string(body), "[token]"), keptAnswer)
	r.retryAfter = retryAfter(answer.Header.Get("Retry-After"), r.began)
	switch {
	case r.status >= 200 && r.status < 300 && err != nil:
		r.problem = "the answer did not end: " + s.words(err)
	case r.status >= 200 && r.status < 300:
	case r.status >= 300 && r.status < 400:
		r.problem = fmt.Sprintf("redirect_refused: the endpoint answered %d, and redirects are not followed", r.status)
	default:
		r.problem = fmt.Sprintf("the endpoint answered %d", r.status)
	}
	return r
}

func (s *Sender) newRequest(ctx context.Context, w models.Webhook, d models.Delivery) (*http.Request, error) {
	format := s.cfg.format(w.Format)
	if format == nil {
		return nil, fmt.Errorf("there is no format %q", w.Format)
	}
	body, err := format.Body(ctx, w, d)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	at := now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Webhook-Id", d.UUID)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Time().Unix(), 10))
	request.Header.Set("Webhook-Signature", signatures(w, d.UUID, at, body))
	return request, nil
}

// retryAfter reads the header, seconds or a date.
func retryAfter(text string, at time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(at))
	}
	return 0
}

// words says what was wrong, without what a failure tells of the server's own network.
func (s *Sender) words(err error) string {
	for _, refused := range []error{errAddress, errPort} {
		if errors.Is(err, refused) {
			return refused.Error()
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("timeout: there was no whole answer within %v", s.cfg.Timeout)
	}
	if missing, is := errors.AsType[*net.DNSError](err); is {
		return "the host was not found: " + words(errors.New(missing.Err))
	}
	return words(err)
}

func words(err error) string {
	if outer, is := errors.AsType[*url.Error](err); is {
		err = outer.Err // the address is known, and may be a secret
	}
	return printable(err.Error(), maxError)
}

// printable cuts a text to so many bytes and takes out what databases and terminals stumble over.
func printable(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if c == unicode.ReplacementChar || unicode.IsControl(c) && c != '\n' && c != '\t' {
			return '?'
		}
		return c
	}, text[:min(len(text), most)])
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
