package bayeux

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDecodeFields(t *testing.T) {
	in := ` [ {"channel":"/a\/b","clientId":"c\u0041","data": {"x":[1,2]} ,"id":0,"ext":{"t":1},"unknown":{"id":5}},
		{"Channel":"/x","channel":null,"clientId":5,"id":"","data":null,"ext":null,"advice":{"timeout":1.5e3}},
		{"supportedConnectionTypes":["a",1,null,"b"],"version":"1.0","subscription":["/a"],"connectionType":"x","data":1,"data":2,"i\u0064":"e"} ] `
	msgs, err := Decode(nil, []byte(in), Limits{})
	if err != nil || len(msgs) != 3 {
		t.Fatal(msgs, err)
	}
	a, b, c := msgs[0], msgs[1], msgs[2]
	if a.Channel != "/a/b" || a.ClientID != "cA" || string(a.Data) != `{"x":[1,2]}` || string(a.ID) != "0" || string(a.Ext) != `{"t":1}` || a.Timeout != -1 {
		t.Errorf("%+v", a)
	}
	if b.Channel != "" || b.ClientID != "" || !b.oddClient || b.oddChannel || string(b.ID) != `""` || string(b.Data) != "null" || b.Ext != nil || b.Timeout != 1500 {
		t.Errorf("%+v", b)
	}
	if fmt.Sprint(c.Types) != "[a b]" || !c.Version || string(c.Subscription) != `["/a"]` || string(c.Data) != "2" || string(c.ID) != `"e"` {
		t.Errorf("%+v", c)
	}
}

func TestDecodeBounds(t *testing.T) {
	lim := Limits{Messages: 3, Depth: 5, IDBytes: 8, ChannelBytes: 10}
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		in    string
		ok    bool
		fault bool
	}{
		{`[{},{},{}]`, true, false},
		{`[{},{},{},{}]`, false, false},
		{`[{"data":` + nest(3) + `}]`, true, false},
		{`[{"data":` + nest(4) + `}]`, false, false},
		{`[{"id":"123456"}]`, true, false},
		{`[{"id":"1234567"}]`, true, true},
		{`[{"channel":"/23456789"}]`, true, false},
		{`[{"channel":"/234567890a"}]`, true, true},
		{`{"data":"` + "\xff" + `"}`, false, false},
		{nest(100000), false, false},
		{``, false, false},
		{`[]`, true, false},
		{`[] []`, false, false},
		{`[{}`, false, false},
		{`"x"`, false, false},
		{`{"a":"` + "\n" + `"}`, false, false},
		{`{"a":01}`, false, false},
		{`{"a":1.}`, false, false},
		{`{"a":-}`, false, false},
		{`{"a":"\u12g4"}`, false, false},
		{`{"a":"\`, false, false},
		{`{"a" 1}`, false, false},
		{`{,}`, false, false},
		{`{"a":1,}`, false, false},
	} {
		msgs, err := Decode(nil, []byte(c.in), lim)
		if (err == nil) != c.ok {
			t.Errorf("%.40q: %v", c.in, err)
		}
		if c.ok && len(msgs) > 0 && (msgs[0].fault != nil) != c.fault {
			t.Errorf("%.40q: fault %v", c.in, msgs[0].fault)
		}
	}
}

func TestEventCarriesNothingElse(t *testing.T) {
	ev := newEvent(`/a`, []byte("{\"x\":\n 1}"), nil)
	if string(ev.Frame) != `[{"channel":"/a","data":{"x":1}}]` || string(ev.Data) != `{"x":1}` || string(ev.Frame.Object()) != `{"channel":"/a","data":{"x":1}}` {
		t.Errorf("%s, %s", ev.Frame, ev.Data)
	}
}

// FuzzDecode: what Decode takes is JSON, and what JSON means.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`[{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"id":"1"}]`,
		`{"channel":"/a","data":{"x":[1,-2.5e-3,"\u00e9\n",null,true,false]},"id":0,"ext":{}}`,
		`[{"channel":"/meta/connect","clientId":"x","connectionType":"websocket","advice":{"timeout":0}}]`,
		`[{"channel":"/meta/connect","timestamp":1,"ext":{"ack":3,"to\u006ben":"x","timesync":{"tc":1e14,"l":-1,"o":0.5},"binary":{}}}]`,
		`[{"subscription":["/a","/b/**"]},5,null,"x",[[]]]`, `[]`, ` {} `, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(s))
	}
	lim := Limits{Messages: 100, Depth: 30, IDBytes: 256, ChannelBytes: 256}
	f.Fuzz(func(t *testing.T, b []byte) {
		msgs, err := Decode(nil, b, lim)
		if err == nil && (!json.Valid(b) || !utf8.Valid(b)) {
			t.Fatal("took what is no JSON")
		}
		if got, want := validJSON(b, 10000), json.Valid(b); got != want {
			t.Fatalf("validJSON %v, json.Valid %v", got, want)
		}
		if err != nil {
			return
		}
		var list []json.RawMessage
		if json.Unmarshal(b, &list) != nil {
			list = []json.RawMessage{b}
		}
		if len(list) != len(msgs) {
			t.Fatalf("%d messages, want %d", len(msgs), len(list))
		}
		for i, raw := range list {
			compareMessage(t, raw, &msgs[i])
		}
	})
}

func compareMessage(t *testing.T, raw []byte, m *Message) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		if m.fault == nil {
			t.Fatalf("%s was taken for an object", raw)
		}
		return
	}
	if m.fault != nil {
		return
	}
	var channel string
	_ = json.Unmarshal(fields["channel"], &channel) // another type stays ""
	if channel != m.Channel {
		t.Fatalf("channel %q, want %q", m.Channel, channel)
	}
	if !bytes.Equal(fields["data"], m.Data) || !bytes.Equal(fields["id"], m.ID) {
		t.Fatalf("data %s, id %s in %s", m.Data, m.ID, raw)
	}
	if rest := m.extra.rest; rest != nil && !json.Valid(rest) {
		t.Fatalf("credentials %s of %s", rest, raw)
	}
	r := reply{courtesy: m.courtesy}
	if f := r.frame(); !json.Valid(f) {
		t.Fatalf("reply %s to %s", f, raw)
	}
	for _, f := range []Frame{refuse(m, ErrForbidden.With(m.Channel)), acknowledge(m), newEvent(m.Channel, []byte("1"), m.ID).Frame, subscribed(m, nil)} {
		if !json.Valid(f) {
			t.Fatalf("the reply %s is no JSON", f)
		}
	}
	if m.Subscription != nil {
		if list, ok := readPatterns(m.Subscription); ok {
			var one string
			var many []string
			if json.Unmarshal(m.Subscription, &one) == nil {
				many = []string{one}
			} else if json.Unmarshal(m.Subscription, &many) != nil {
				t.Fatalf("subscription %s was read as %q", m.Subscription, list)
			}
			if fmt.Sprint(many) != fmt.Sprint(list) {
				t.Fatalf("subscription %q, want %q", list, many)
			}
		}
	}
}
