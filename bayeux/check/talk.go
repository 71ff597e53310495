package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// talk is a rule at work. Whatever is not as expected ends it by a panic with
// a failure, which judge catches: a dialogue reads as one, then.
type talk struct {
	*kit
	rule  Rule
	peers []*peer
	names atomic.Int64

	mu    sync.Mutex
	lines []string
}

type failure struct{ expected, got string }

type skipping string

// fail ends the rule as broken; what came last is what was got.
func (t *talk) fail(format string, args ...any) {
	t.failGot(t.last(), format, args...)
}

func (t *talk) failGot(got, format string, args ...any) {
	panic(failure{fmt.Sprintf(format, args...), got})
}

// want fails unless it is so.
func (t *talk) want(so bool, format string, args ...any) {
	if !so {
		t.fail(format, args...)
	}
}

func (t *talk) skip(format string, args ...any) { panic(skipping(fmt.Sprintf(format, args...))) }

// needs skips unless the server offers a connection type.
func (t *talk) needs(kind string) {
	if !slices.Contains(t.offers, kind) {
		t.skip("the server does not offer %s", kind)
	}
}

// channel is a new name under the channel that the kit may use.
func (t *talk) channel() string {
	if t.closed != "" {
		t.skip("%s", t.closed)
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(t.rule.Name, "/", "-"), " ")
	return fmt.Sprintf("%s/%s/%s%d", t.Channel, t.run, name, t.names.Add(1))
}

const maxLine = 600

// note adds a line to the dialogue.
func (t *talk) note(direction, text string) {
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	t.mu.Lock()
	t.lines = append(t.lines, direction+" "+text)
	t.mu.Unlock()
}

// last is what came last.
func (t *talk) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range slices.Backward(t.lines) {
		if text, came := strings.CutPrefix(l, "< "); came {
			return text
		}
	}
	return "nothing"
}

func (t *talk) dialogue() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// deadline bounds one step.
func (t *talk) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, t.Patience)
}

// end leaves nothing behind.
func (t *talk) end() {
	for _, p := range t.peers {
		p.end()
	}
}

// ext is the kit's ext with more fields, as JSON text.
func (t *talk) ext(more string) string {
	all := map[string]json.RawMessage{}
	if t.Ext != nil {
		_ = json.Unmarshal(t.Ext, &all) // newKit has tried
	}
	var own map[string]json.RawMessage
	_ = json.Unmarshal([]byte(more), &own)
	maps.Copy(all, own)
	text, _ := json.Marshal(all)
	return string(text)
}

// dress adds credentials to messages. They all begin with their channel.
func (t *talk) dress(text string) string {
	if t.Ext == nil || strings.Contains(text, `"ext"`) {
		return text
	}
	return strings.ReplaceAll(text, `{"channel":`, `{"ext":`+string(t.Ext)+`,"channel":`)
}

// quiet waits for what must not come.
func (t *talk) quiet(came <-chan struct{}) bool {
	timer := time.NewTimer(t.Quiet)
	defer timer.Stop()
	select {
	case <-came:
		return false
	case <-timer.C:
		return true
	case <-t.ctx.Done():
		return true
	}
}
