package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"parley/chat/chattest"
)

// pair makes a certificate with a serial number and its key, as PEM.
func pair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// secureClient speaks HTTP/2 over TLS and believes any certificate.
func secureClient(t *testing.T) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// ask returns the protocol and the certificate's serial number with which a request is answered.
func (d *demo) ask(client *http.Client) (protocol string, serial int64) {
	d.t.Helper()
	response, err := client.Get(d.origin + "/healthz")
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		d.t.Fatal(response.Status, err)
	}
	return response.Proto, response.TLS.PeerCertificates[0].SerialNumber.Int64()
}

// awaitSerial opens connections until one gets the certificate.
func (d *demo) awaitSerial(want int64) {
	d.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		client := secureClient(d.t)
		_, got := d.ask(client)
		client.CloseIdleConnections()
		if got == want {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("certificate %d, want %d\n%s", got, want, d.errors)
		}
	}
}

func (d *demo) awaitLog(text string) {
	d.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(d.errors.String(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("%q is not logged:\n%s", text, d.errors)
		}
	}
}

// Certificates are changed while clients are connected, by signal and by the files alone; what cannot be read
// changes nothing.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	put := func(serial int64) {
		cert, key := pair(t, serial)
		write(t, keyFile, key)
		write(t, certFile, cert)
	}
	hangup := func() {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	put(1)
	d := runDemo(t, chattest.SQLite(t), folder, "PARLEY_HTTP_TLS_CERT="+certFile, "PARLEY_HTTP_TLS_KEY="+keyFile)
	if !strings.HasPrefix(d.origin, "https://") {
		t.Error(d.origin)
	}
	old := secureClient(t)
	if protocol, serial := d.ask(old); protocol != "HTTP/2.0" || serial != 1 {
		t.Error(protocol, serial)
	}
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	ws, _, err := dialer.Dial("wss"+strings.TrimPrefix(d.origin, "https")+"/faye", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()

	put(2)
	hangup()
	d.awaitSerial(2)
	write(t, keyFile, []byte("no key"))
	hangup()
	d.awaitLog("certificates not reloaded")
	d.awaitSerial(2)
	put(3)
	d.awaitSerial(3)

	if _, serial := d.ask(old); serial != 1 {
		t.Error("the first connection was dropped")
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte("[]")); err != nil {
		t.Error(err)
	}
	if _, text, err := ws.ReadMessage(); err != nil || !bytes.Equal(text, []byte("[]")) {
		t.Errorf("%s %v", text, err)
	}
}

func TestUnreadableCertificate(t *testing.T) {
	folder := t.TempDir()
	var out chattest.LogBuffer
	err := run(t.Context(), []string{"serve", "--http.listen", "127.0.0.1:0"}, []string{
		"PARLEY_DATABASE_URL=" + chattest.SQLite(t), "PARLEY_DATA_DIR=" + folder,
		"PARLEY_HTTP_TLS_CERT=" + filepath.Join(folder, "none"), "PARLEY_HTTP_TLS_KEY=" + filepath.Join(folder, "none"),
	}, strings.NewReader(""), &out, &out)
	if err == nil || !strings.HasPrefix(err.Error(), "http.tls: ") {
		t.Error(err)
	}
}

// A proxy may speak HTTP/2 without TLS.
func TestUnencryptedHTTP2(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir())
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	defer client.CloseIdleConnections()
	response, err := client.Post(d.origin+"/faye", "application/json", strings.NewReader(wave))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.Proto != "HTTP/2.0" || !strings.Contains(string(text), `"successful":true`) {
		t.Errorf("%s %s %v", response.Proto, text, err)
	}
}

const wave = `{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}`

// The limits of one address count the clients behind a trusted proxy one by one, and what was refused shows in
// the metrics.
func TestLimitsOfOneAddress(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir(), "PARLEY_BAYEUX_MAX_SESSIONS_PER_IP=2", "PARLEY_HTTP_TRUSTED_PROXIES=127.0.0.1")
	shake := func(address string) bool {
		request, err := http.NewRequest(http.MethodPost, d.origin+"/faye", strings.NewReader(wave))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", address)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response.Status, err)
		}
		return strings.Contains(string(text), `"successful":true`)
	}
	defer http.DefaultClient.CloseIdleConnections()
	for i, want := range []bool{true, true, false, false} {
		if shake("192.0.2.1") != want {
			t.Error("handshake", i, "of the first address")
		}
	}
	if !shake("192.0.2.2") {
		t.Error("another address suffers")
	}
	if _, text := d.get(http.DefaultClient, "/metrics"); !strings.Contains(text, "\nparley_bayeux_refused_handshakes_total 2\n") ||
		!strings.Contains(text, `parley_bayeux_evicted_total{reason="slow"} 0`) {
		t.Error(text)
	}
}

// A connection more than there may be is closed; a place that becomes free is taken.
func TestMaxConnections(t *testing.T) {
	d := runDemo(t, chattest.SQLite(t), t.TempDir(), "PARLEY_HTTP_MAX_CONNECTIONS=2")
	address := strings.TrimPrefix(d.origin, "http://")
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/faye", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	// A socket is counted a moment after its client has the answer.
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if _, text := d.get(client, "/metrics"); strings.Contains(text, "\nparley_bayeux_sockets 1\n") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the socket is not counted")
		}
	}
	third, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	third.SetReadDeadline(time.Now().Add(patience)) //nolint:errcheck // a TCP connection has deadlines
	if n, err := third.Read(make([]byte, 1)); n != 0 || os.IsTimeout(err) {
		t.Error("not closed: ", err)
	}
	if _, text := d.get(client, "/metrics"); !strings.Contains(text, "\nparley_http_connections_refused_total 1\n") {
		t.Error(text)
	}
	ws.Close()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		again, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/faye", nil)
		if err == nil {
			again.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
