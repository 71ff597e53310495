package webhook

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme runs the check that README shows against what is sent.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, snippet, found := strings.Cut(string(readme), "```js\nimport {createHmac")
	snippet, _, ended := strings.Cut(snippet, "```")
	if !found || !ended {
		t.Fatal("README has no such snippet")
	}
	body := `{"type":"message.created","data":{"message":{"content":"Tee? Да! ☕"}}}`
	const secret, old, at = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b2xkIG9uZSwgb2xkIG9uZQ==", 1_800_000_000
	good := sign(secret, "0-1", at, []byte(body))
	rows := []struct {
		Signature, Body string
		Now             int64
		Want            bool
	}{
		{good, body, at, true},
		{good, body, at + 200, true},
		{good, body, at + 400, false},
		{good, body, at - 400, false},
		{good, body + " ", at, false},
		{sign(secret, "0-2", at, []byte(body)), body, at, false},
		{sign(secret, "0-1", at+1, []byte(body)), body, at, false},
		{sign(old, "0-1", at, []byte(body)), body, at, false},
		{sign(old, "0-1", at, []byte(body)) + " " + good, body, at, true},
		{good + " " + sign(old, "0-1", at, []byte(body)), body, at, true},
		{"v2," + strings.TrimPrefix(good, "v1,"), body, at, false},
		{"", body, at, false}, {"v1,", body, at, false}, {"v1", body, at, false}, {good[:20], body, at, false},
	}
	given, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	program := "import {createHmac" + snippet + `
for (const row of ` + string(given) + `) {
  const headers = {'webhook-id': '0-1', 'webhook-timestamp': '1800000000', 'webhook-signature': row.Signature}
  if (verified(headers, row.Body, '` + secret + `', row.Now) !== row.Want) console.log('wrong about', row)
  if (verified(headers, Buffer.from(row.Body), '` + secret + `', row.Now) !== row.Want) console.log('wrong about bytes of', row)
}
for (const headers of [{}, {'webhook-id': '0-1', 'webhook-timestamp': 'x', 'webhook-signature': ''}]) {
  if (verified(headers, '', '` + secret + `')) console.log('wrong about', headers)
}`
	file := filepath.Join(t.TempDir(), "check.mjs")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("node", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
