package webhook

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/models"
)

// try posts a delivery to an address.
func try(t *testing.T, cfg Config, url string) result {
	t.Helper()
	s := NewSender(nil, cfg)
	defer s.client.CloseIdleConnections()
	h := models.Webhook{URL: url, Format: models.FormatParley, Secret: "whsec_c2VjcmV0"}
	return s.post(t.Context(), h, models.Delivery{UUID: "0-1", Type: "message.created", Payload: "{}"})
}

// quiet is a log that nobody reads.
var quiet = log.New(io.Discard, "", 0)

func serve(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server
}

// TestRefusedAddresses: whatever a name is, what it leads to is judged.
func TestRefusedAddresses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var came atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came.Add(1) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "[::1]", "[::]", "0.0.0.0",
		"10.0.0.1", "169.254.169.254", "[fe80::1%25lo]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[::127.0.0.1]", "100.64.0.1", "224.0.0.1",
	} {
		if r := try(t, Config{Timeout: 2 * time.Second}, "http://"+host+":"+port+"/"); r.problem != errAddress.Error() || r.status != 0 {
			t.Errorf("%s: %+v", host, r)
		}
	}
	// Other spellings of it. Some systems take them for the address, others for a name that there is not.
	for _, host := range []string{"localhost.", "LOCALHOST.", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "127.0.1", "0177.0.0.1"} {
		r := try(t, Config{Timeout: 2 * time.Second, Resolver: nowhere}, "http://"+host+":"+port+"/")
		if r.problem != errAddress.Error() && !strings.Contains(r.problem, "not found") {
			t.Errorf("%s: %+v", host, r)
		}
	}
	if came.Load() != 0 {
		t.Errorf("%d requests came", came.Load())
	}
	if r := try(t, Config{AllowPrivate: true}, server.URL); !r.ok() {
		t.Errorf("allowed: %+v", r)
	}
	if r := try(t, Config{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, "http://[::ffff:127.0.0.1]:"+port); !r.ok() {
		t.Errorf("the network is allowed: %+v", r)
	}
	if r := try(t, Config{AllowPrivate: true, Ports: []uint16{1}}, server.URL); r.problem != errPort.Error() {
		t.Errorf("another port: %+v", r)
	}
}

// nowhere is a resolver that knows no name.
var nowhere = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	go nameServer(far, func() netip.Addr { return netip.Addr{} })
	return stream{near}, nil
}}

// stream is no net.PacketConn, so that questions come as over TCP: after their length.
type stream struct{ net.Conn }

// nameServer answers every question for an IPv4 address with what address says, if anything.
func nameServer(conn net.Conn, address func() netip.Addr) {
	defer conn.Close() //nolint:errcheck // the asker has gone
	for r := bufio.NewReader(conn); ; {
		var size uint16
		if binary.Read(r, binary.BigEndian, &size) != nil {
			return
		}
		question := make([]byte, size)
		if _, err := io.ReadFull(r, question); err != nil {
			return
		}
		end := 12
		for question[end] != 0 {
			end += int(question[end]) + 1
		}
		end += 5
		answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[12:end]...)
		if addr := address(); question[end-3] != 1 {
			// No such record: there are IPv4 addresses alone.
		} else if addr.IsValid() {
			answer[7] = 1
			answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			answer = append(answer, addr.AsSlice()...)
		} else {
			answer[3] = 0x83 // no such name
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// TestChangingAnswers: a name that was good is judged anew by what it stands for when it is dialled.
func TestChangingAnswers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	var came atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		w.Header().Set("Connection", "close")
	}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	answers := []string{"127.0.0.1", "127.0.0.2", "10.0.0.1", "169.254.169.254", "127.0.0.1"}
	var at atomic.Int32
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go nameServer(far, func() netip.Addr { return netip.MustParseAddr(answers[at.Load()]) })
		return stream{near}, nil
	}}
	s := NewSender(nil, Config{Resolver: resolver, AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 5 * time.Second})
	defer s.client.CloseIdleConnections()
	h := models.Webhook{URL: "http://rebinding.example:" + port + "/", Format: models.FormatParley}
	for i, answer := range answers {
		at.Store(int32(i))
		r := s.post(t.Context(), h, models.Delivery{UUID: "0-1", Payload: "{}"})
		if good := answer == "127.0.0.1"; r.ok() != good || !good && r.problem != errAddress.Error() {
			t.Errorf("%s: %+v", answer, r)
		}
	}
	if came.Load() != 2 {
		t.Errorf("%d requests came", came.Load())
	}
}

func TestAnswers(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	var elsewhere atomic.Int32
	secret := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	t.Setenv("HTTP_PROXY", secret.URL)
	t.Setenv("http_proxy", secret.URL)
	var sent atomic.Int64
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	for name, row := range map[string]struct {
		handle http.HandlerFunc
		want   string // how the problem begins; empty: none
		status int
	}{
		"taken":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202) }, "", 202},
		"an error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) }, "the endpoint answered 418", 418},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, secret.URL, http.StatusTemporaryRedirect)
		}, "redirect_refused: the endpoint answered 307", 307},
		"a redirect by GET": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, secret.URL, http.StatusFound) }, "redirect_refused", 302},
		"much": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 12 {
				n, err := w.Write(make([]byte, 1<<12)) // 16 MiB
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}, "", 200},
		"no end": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "the answer did not end: timeout", 200},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, "timeout", 0}, //nolint:errcheck
		"many headers": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 1000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
			}
		}, "", 0},
		"a bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 1<<24)) //nolint:errcheck // whoever reads it may stop
			z.Close()                    //nolint:errcheck
		}, "", 200},
		"binary": {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("\x00\xff\x1bok")) }, "", 200}, //nolint:errcheck
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			patience := 20 * time.Second
			if strings.Contains(row.want, "timeout") {
				patience = 700 * time.Millisecond
			}
			r := try(t, Config{AllowPrivate: true, Timeout: patience}, serve(t, row.handle).URL)
			if r.status != row.status || !strings.HasPrefix(r.problem, row.want) || (row.want == "" && row.status != 0) != r.ok() {
				t.Errorf("%+v", r)
			}
			if took := time.Since(began); took > patience+5*time.Second {
				t.Errorf("it took %v", took)
			}
			if len(r.response) > keptAnswer || strings.ContainsAny(r.response, "\x00\x1b") {
				t.Errorf("kept is %q", r.response)
			}
		})
	}
	if sent.Load() > 8<<20 {
		t.Errorf("%d bytes were taken", sent.Load())
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed, or a proxy used")
	}
}

// TestCertificates: nobody's certificate is nobody.
func TestCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came") }))
	server.Config.ErrorLog = quiet
	server.StartTLS()
	defer server.Close()
	if r := try(t, Config{AllowPrivate: true}, server.URL); r.ok() || !strings.Contains(r.problem, "certificate") {
		t.Errorf("%+v", r)
	}
}

// TestRequest looks at what is sent, byte by byte.
func TestRequest(t *testing.T) {
	var head, body string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		head, body = fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.Host, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("Webhook-Id")), string(raw)
		for name := range r.Header {
			switch name {
			case "Content-Type", "Content-Length", "User-Agent", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature":
			default:
				head += " and " + name
			}
		}
	})
	u, _ := url.Parse(server.URL)
	s := NewSender(nil, Config{AllowPrivate: true})
	defer s.client.CloseIdleConnections()
	r := s.post(t.Context(), models.Webhook{URL: server.URL + "/a%0d%0ax?b=c%0aX-Y:1", Format: models.FormatParley},
		models.Delivery{UUID: "0-1", Type: "note.created", OrganizationID: 3, CreatedAt: 1000, Payload: `{"entity":"note"}`})
	if want := "POST /a%0d%0ax?b=c%0aX-Y:1 " + u.Host + " application/json 0-1"; !r.ok() || head != want {
		t.Errorf("%q, want %q; %+v", head, want, r)
	}
	if want := `{"id":"0-1","type":"note.created","created_at":"1970-01-01T00:00:01.000Z","organization_id":3,"data":{"entity":"note"}}`; body != want {
		t.Errorf("%s, want %s", body, want)
	}
}

// TestShownTokens: an endpoint that shows what it was sent does not bring its token into the log.
func TestShownTokens(t *testing.T) {
	token := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI3Iiwicm9sZSI6ImFkbWluIn0.k6UU5g0oM8-af293tIHC_9udHBxUhGy"
	for _, text := range []string{
		`{"app_user_auth":{"access_token":"` + token + `","user_id":"u"}}`, "Traceback: " + token + " is bad", "\n" + token,
		strings.Repeat("-.", (keptAnswer-60)/2) + `"` + token + `"`, // cut in the middle
	} {
		r := try(t, Config{AllowPrivate: true, Timeout: 20 * time.Second}, serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			io.WriteString(w, text) //nolint:errcheck
		}).URL)
		if strings.Contains(r.response+r.problem, "eyJ") || !strings.Contains(r.response, "[token]") {
			t.Errorf("kept of %.60q is %q, %q", text, r.response, r.problem)
		}
	}
}
