package bayeux_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"parley/bayeux"
	"parley/bayeux/bayeuxtest"
	"parley/bayeux/transport"
)

// mailboxes lets everybody read /news, and those who are known, by a token in
// ext, read their own mailbox and write to any. It holds names by token.
type mailboxes map[string]string

func (m mailboxes) Identify(_ context.Context, ext []byte) (who any, until time.Time, ok bool, err error) {
	var given struct{ Token string }
	if ext == nil || json.Unmarshal(ext, &given) != nil || given.Token == "" {
		return nil, time.Time{}, true, nil // a stranger, and no harm in that
	}
	name, known := m[given.Token]
	return name, time.Time{}, known, nil
}

// Subscribe compares whole names. A pattern is let in only by a rule that
// thought of all it covers: here by none.
func (m mailboxes) Subscribe(_ context.Context, who any, channel string) (scope string, ok bool, err error) {
	name, known := who.(string)
	return "", channel == "/news" || known && channel == "/mail/"+name, nil
}

func (m mailboxes) Publish(_ context.Context, who any, channel string) (scope string, ok bool, err error) {
	return "", who != nil && len(channel) > len("/mail/") && channel[:len("/mail/")] == "/mail/", nil
}

// Who may do what is a Policy's affair.
func ExamplePolicy() {
	server := bayeux.New(bayeux.Config{Policy: mailboxes{"s3cret": "anna", "pa55": "boris"}})
	handler := transport.New(server, transport.Config{})
	network := bayeuxtest.Serve(handler) // in memory; a site would use net/http
	ctx := context.Background()
	dial := func(token string) (*bayeuxtest.Client, error) {
		return bayeuxtest.Dial(ctx, network.URL(), bayeuxtest.Options{DialContext: network.DialContext, Ext: map[string]string{"token": token}})
	}

	_, err := dial("guessed")
	fmt.Println(err)

	anna, err := dial("s3cret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(anna.Subscribe(ctx, "/mail/boris"))
	fmt.Println(anna.Subscribe(ctx, "/mail/*"))
	fmt.Println(anna.Subscribe(ctx, "/news", "/mail/anna"))
	fmt.Println(anna.Publish(ctx, "/mail/anna", "a note to myself"))
	event, err := anna.Next(ctx)
	fmt.Println(string(event.Data), err)

	_ = anna.Close()
	_ = handler.Shutdown(ctx)
	_ = network.Close()
	// Output:
	// 403::Handshake denied
	// 403:/mail/boris:Forbidden channel
	// 403:/mail/*:Forbidden channel
	// <nil>
	// <nil>
	// "a note to myself" <nil>
}
