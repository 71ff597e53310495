package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"parley/api"
	"parley/chat"
	"parley/chat/chattest"
	"parley/chat/store"
	"parley/chat/token"
	"parley/config"
	"parley/models"
)

const (
	rightsSecret   = "this is the key that signs the tokens of tests"
	rightsPassword = "long enough words"
	// secretWord is in all that the organisation has. Nobody else may hear it.
	secretWord = "Zinnia"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// realm is a server that runs as the command starts it, with two organisations.
type realm struct {
	t       *testing.T
	server  *server
	handler *api.Handler
	store   *store.Store
	keys    *token.Keyring
	origin  string
	client  *http.Client
	signed  bool
	// calls counts them, for addresses, of which each has its own unless there is one for all.
	calls   int
	address string
	// retryAfter is what the last answer said.
	retryAfter string

	here, there                   *site
	signedOut, goneAdmin, goneKey string
	hash                          string // of rightsPassword
}

// site is an organisation with its people, and what calls are about.
type site struct {
	*realm
	org                                       models.Organization
	counterpart, colleague, supervisor, admin models.Manager
	key                                       string
	things                                    map[string]string
	keysOf                                    map[models.Scopes]string
	conversation                              int64
}

func newRealm(t *testing.T, database, visitors string, change ...func(*config.Config)) *realm {
	t.Helper()
	cfg := config.Default()
	cfg.HTTP.Listen, cfg.HTTP.Drain, cfg.HTTP.TrustedProxies = "127.0.0.1:0", time.Millisecond, []string{"127.0.0.1"}
	cfg.Database.URL, cfg.Data.Dir = config.URL(database), t.TempDir()
	cfg.Auth.Visitors, cfg.Auth.Keys = visitors, []config.Key{{ID: "test", Alg: config.HS256, Secret: rightsSecret}}
	cfg.Chat.MessagesPerSecond, cfg.Chat.OpensPerMinute = 0, 0
	cfg.Bayeux.OpenChannels = []string{"/news/*"}
	cfg.Bayeux.Channels = []config.Channel{{Pattern: "/prices/*", Subscribe: []string{"anyone"}, Publish: []string{"backend"}, History: config.History{Size: 3}, Presence: true}}
	for _, fn := range change {
		fn(&cfg)
	}
	w := &realm{t: t, signed: visitors == config.VisitorsSigned, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	w.serve(cfg)
	w.people()
	return w
}

// serve starts it.
func (w *realm) serve(cfg config.Config) {
	w.must(cfg.Validate())
	var err error
	w.store, err = openStore(w.t.Context(), cfg, false)
	w.must(err)
	w.must(w.store.Migrate(w.t.Context()))
	logger := chattest.Logger(w.t)
	w.server, err = assemble(w.t.Context(), cfg, serveOptions{Demo: true}, w.store, logger)
	w.must(err)
	w.handler = w.server.handler.(*api.Handler)
	w.keys, err = openKeys(cfg)
	w.must(err)
	listener, err := net.Listen("tcp", cfg.HTTP.Listen)
	w.must(err)
	w.origin = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.server.run(ctx, listener, cfg) }()
	w.t.Cleanup(func() {
		w.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		w.server.files.close()
		w.store.Close() //nolint:errcheck // it is over
	})
}

func (w *realm) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *realm) update(fn func(chat.Tx) error) {
	w.t.Helper()
	w.must(w.store.Update(context.Background(), fn))
}

// people makes the organisations and whoever belongs to them.
func (w *realm) people() {
	desk := chat.NewAdmin(w.store)
	for _, o := range []struct {
		name string
		at   **site
	}{{secretWord, &w.here}, {"Kettles", &w.there}} {
		org, err := desk.CreateOrganization(w.t.Context(), o.name)
		w.must(err)
		// Nobody is given what waits: who takes it first has it.
		org, err = desk.UpdateOrganization(w.t.Context(), org.ID, chat.OrganizationChanges{Strategy: chat.To(models.Broadcast), Calls: chat.To(true)})
		w.must(err)
		s := &site{realm: w, org: org, keysOf: map[models.Scopes]string{}}
		*o.at = s
		if w.hash == "" {
			first, err := desk.CreateManager(w.t.Context(), org.ID, "First", "first@example.com", rightsPassword, "manager")
			w.must(err)
			w.hash = first.PasswordHash
		}
		s.counterpart, s.colleague = s.hire(models.RoleManager), s.hire(models.RoleManager)
		s.supervisor, s.admin = s.hire(models.RoleSupervisor), s.hire(models.RoleAdmin)
		s.hire(models.RoleAdmin) // so that the other is not the last
		_, s.key, err = desk.CreateAPIKey(w.t.Context(), org.ID, "shop")
		w.must(err)
		w.update(func(tx chat.Tx) error {
			return tx.AddDutySession(models.DutySession{SessionID: org.SiteKey, ManagerID: s.counterpart.ID, Node: node, Since: 1})
		})
	}
	out, gone := w.here.hire(models.RoleAdmin), w.here.hire(models.RoleAdmin)
	w.signedOut, w.goneAdmin = w.minted(w.keys.Manager(out, time.Hour)), w.minted(w.keys.Manager(gone, time.Hour))
	_, err := desk.SignOut(w.t.Context(), out.ID)
	w.must(err)
	w.must(desk.DeleteManager(w.t.Context(), gone.ID))
	k, secret, err := desk.CreateAPIKey(w.t.Context(), w.here.org.ID, "old")
	w.must(err)
	w.must(desk.DeleteAPIKey(w.t.Context(), k.ID))
	w.goneKey = secret
}

// hire adds a manager without asking anybody.
func (s *site) hire(role models.Role) models.Manager {
	m := models.Manager{UUID: uuid.NewString(), OrganizationID: s.org.ID, Name: s.org.Name + " " + string(role), PasswordHash: s.hash,
		Email: strings.ToLower(rand.Text()) + "@" + strings.ToLower(s.org.Name) + ".example", Role: role, DutyState: models.DutyAuto, CreatedAt: 1}
	s.update(func(tx chat.Tx) error { m.ID = 0; return tx.CreateManager(&m) })
	return m
}

// scoped is a key with these scopes.
func (s *site) scoped(scopes models.Scopes) string {
	if s.keysOf[scopes] == "" {
		_, secret, err := chat.NewAdmin(s.store).CreateAPIKey(s.t.Context(), s.org.ID, "scoped", scopes)
		s.must(err)
		s.keysOf[scopes] = secret
	}
	return s.keysOf[scopes]
}

// refresh makes new things for a row:
//
//	visitor_id        a visitor, and other_visitor_id another one; new_visitor_id is unknown
//	conversation_id   hers, with the counterpart; or in the row's state
//	message_id        what she wrote there, and answer_id what the counterpart wrote, with a card's button yes
//	note_id           the counterpart's note; canned_id everybody's reply, own_canned_id the counterpart's
//	id                another manager; leave_id is her leave, holiday_id the organisation's holiday
//	key_id            an API key
//	secret_id         a site secret, and identity what it says of new_visitor_id
//	webhook_id        a webhook; delivery_id is on its way to it
//	uuid, name        a picture that the visitor sent, where the row names it
//	call_id           a call in conversation_id: it rings where that waits, and else the counterpart has accepted it
//	organization_id, site_key, account (the organisation's uuid), manager_id (the counterpart)
func (s *site) refresh(r right) {
	s.t.Helper()
	old, word := s.things, s.org.Name
	at := models.At(time.Now())
	newVisitor := func() models.Visitor {
		name := word
		return models.Visitor{ID: "v" + rand.Text(), UUID: uuid.NewString(), OrganizationID: s.org.ID, Name: &name, CreatedAt: at}
	}
	owner, other := newVisitor(), newVisitor()
	var b [6]byte
	rand.Read(b[:])
	c := models.Conversation{ID: int64(b[0])<<40 | int64(b[1])<<32 | int64(b[2])<<24 | int64(b[3])<<16 | int64(b[4])<<8 | int64(b[5]) + 1,
		UUID: uuid.NewString(), OrganizationID: s.org.ID, VisitorID: owner.ID, ManagerID: &s.counterpart.ID, Status: models.StatusOpen,
		UnreadVisitor: 1, UnreadManager: 1, MessageCount: 2, CreatedAt: at, UpdatedAt: at}
	switch r.state {
	case models.StateWaiting:
		c.ManagerID, c.WaitingSince = nil, &at
	case models.StateClosed:
		c.Status, c.ClosedAt = models.StatusClosed, &at
	}
	victim := models.Manager{UUID: uuid.NewString(), OrganizationID: s.org.ID, Name: word, PasswordHash: s.hash,
		Email: strings.ToLower(rand.Text()) + "@example.com", Role: models.RoleManager, DutyState: models.DutyAuto, CreatedAt: 1}
	question := models.Message{UUID: uuid.NewString(), OrganizationID: s.org.ID, ConversationID: c.ID, VisitorID: owner.ID, SenderType: models.SenderVisitor, Content: word + "?", CreatedAt: at}
	reply := question
	reply.UUID, reply.SenderType, reply.ManagerID, reply.Content = uuid.NewString(), models.SenderManager, &s.counterpart.ID, word+"!"
	reply.Extra = models.Extra{Cards: []models.Card{{ID: "card", Actions: []models.CardAction{{ID: "yes", Type: models.CardButton, Text: "Yes"}}}}}.JSON()
	remark := models.Note{OrganizationID: s.org.ID, ConversationID: c.ID, VisitorID: owner.ID, ManagerID: &s.counterpart.ID, ManagerName: s.counterpart.Name, Content: word, CreatedAt: at}
	shared := models.CannedReply{OrganizationID: s.org.ID, Shortcut: strings.ToLower(rand.Text()), Content: word, CreatedAt: at}
	own := shared
	own.ManagerID = &s.counterpart.ID
	leave := models.Leave{StartsAt: at.Add(24 * time.Hour), EndsAt: at.Add(48 * time.Hour), Reason: word}
	holiday := models.Holiday{OrganizationID: s.org.ID, Day: fmt.Sprintf("%d-01-01", 2030+s.calls), Name: word}
	spare := models.APIKey{OrganizationID: s.org.ID, Name: word, KeyHash: rand.Text(), Scopes: models.AllScopes, CreatedAt: at}
	signing := models.SiteSecret{OrganizationID: s.org.ID, Name: word, Secret: rand.Text() + rand.Text(), CreatedAt: at}
	hook := models.Webhook{OrganizationID: s.org.ID, URL: "https://" + word + ".example", Description: word, Format: models.FormatParley,
		Events: models.AllEvents, Enabled: true, Secret: "whsec_" + word, CreatedAt: at, UpdatedAt: at}
	signedOn := models.PrivatePub{OrganizationID: s.org.ID, Secret: word, SecretHash: rand.Text(), CreatedAt: at}
	var onItsWay models.Delivery
	calling := models.Call{UUID: uuid.NewString()}
	s.update(func(tx chat.Tx) error {
		signing.ID, hook.ID = 0, 0
		victim.ID, question.ID, reply.ID, remark.ID, shared.ID, own.ID, leave.ID, holiday.ID, spare.ID = 0, 0, 0, 0, 0, 0, 0, 0, 0
		for _, part := range []struct {
			when string // calls with this in it need it
			fn   func() error
		}{
			{"", func() error { return s.forget(tx, old) }},
			{"", func() error { return tx.EnsureVisitor(owner) }},
			{"", func() error { return tx.EnsureVisitor(other) }},
			{"conversation", func() error { return tx.CreateConversation(&c) }},
			{"conversation", func() error { return tx.CreateMessage(&question) }},
			{"conversation", func() error { return tx.CreateMessage(&reply) }},
			{"conversation", func() error { c.LastMessageID = &reply.ID; return tx.SaveConversation(c) }},
			{"/call", func() error { return ringing(tx, c, &calling) }},
			{"note", func() error { return tx.CreateNote(&remark) }},
			{"canned", func() error { return tx.CreateCannedReply(&shared) }},
			{"canned", func() error { return tx.CreateCannedReply(&own) }},
			{"id", func() error { return tx.CreateManager(&victim) }},
			{"leave", func() error { leave.ManagerID = victim.ID; return tx.CreateLeave(&leave) }},
			{"key_id", func() error { return tx.CreateAPIKey(&spare) }},
			{"secret_id", func() error { return tx.CreateSiteSecret(&signing) }},
			{"identi", func() error { return tx.CreateSiteSecret(&signing) }},
			{"webhook", func() error { return tx.CreateWebhook(&hook) }},
			{"webhook", func() (err error) { onItsWay, err = s.queued(tx, hook); return err }},
			{"holiday", func() error { return tx.CreateHoliday(&holiday) }},
			{"private_pub", func() error { return tx.SavePrivatePub(signedOn) }},
			{"duty", func() error { return tx.SetDutyState(s.counterpart.ID, models.DutyAuto) }},
		} {
			if !r.needs(part.when) {
				continue
			}
			if err := part.fn(); err != nil {
				return err
			}
		}
		return nil
	})
	s.conversation = c.ID
	s.things = map[string]string{
		"visitor_id": owner.ID, "other_visitor_id": other.ID, "new_visitor_id": "n" + rand.Text(), "conversation_id": decimal(c.ID),
		"message_id": decimal(question.ID), "answer_id": decimal(reply.ID), "note_id": decimal(remark.ID),
		"canned_id": decimal(shared.ID), "own_canned_id": decimal(own.ID), "id": decimal(victim.ID), "leave_id": decimal(leave.ID),
		"webhook_id": decimal(hook.ID), "delivery_id": decimal(onItsWay.ID),
		"holiday_id": decimal(holiday.ID), "key_id": decimal(spare.ID), "organization_id": decimal(s.org.ID), "site_key": s.org.SiteKey, "account": s.org.UUID,
		"manager_id": decimal(s.counterpart.ID), "email": s.counterpart.Email, "name": "picture.png", "random": strings.ToLower(rand.Text()),
		"call_id": calling.UUID,
		"day":     fmt.Sprintf("%d-07-01", 2030+s.calls), "secret_id": decimal(signing.ID),
	}
	s.things["identity"] = identityOf(signing, s.things["new_visitor_id"], word)
	if strings.Contains(r.call, ":uuid") {
		s.things["uuid"] = s.send(c.ID, owner.ID)
	}
}

// ringing begins a call in a conversation.
func ringing(tx chat.Tx, c models.Conversation, call *models.Call) error {
	call.ID, call.OrganizationID, call.ConversationID, call.MessageID = 0, c.OrganizationID, c.ID, 1
	call.Kind, call.State, call.OperatorName, call.CreatedAt, call.UpdatedAt = models.CallAudio, models.CallRinging, "Anna", c.CreatedAt, c.CreatedAt
	if c.ManagerID != nil {
		call.State, call.ManagerID, call.AcceptedAt = models.CallAccepted, c.ManagerID, &call.CreatedAt
	}
	return tx.CreateCall(call)
}

// needs tells whether a row's call has to do with things of a kind.
func (r right) needs(kind string) bool {
	text := r.call + " " + r.body + " " + r.query
	switch kind {
	case "id":
		return strings.Contains(text, ":id") || strings.Contains(text, "{id}")
	case "conversation":
		return r.call == "" || !strings.Contains(text, "/managers") && !strings.Contains(text, "/holidays")
	}
	return strings.Contains(text, kind)
}

// forget removes what would become too many.
func (s *site) forget(tx chat.Tx, things map[string]string) error {
	if things == nil {
		return nil
	}
	number := func(name string) int64 { n, _ := strconv.ParseInt(things[name], 10, 64); return n }
	if _, err := tx.Manager(number("id")); err == nil && number("id") > 0 {
		if err := tx.RetireManager(number("id"), models.At(time.Now())); err != nil {
			return err
		}
	}
	for _, reply := range []string{"canned_id", "own_canned_id"} {
		if number(reply) == 0 {
			continue
		}
		if err := tx.DeleteCannedReply(number(reply)); err != nil {
			return err
		}
	}
	if number("secret_id") != 0 {
		if err := tx.DeleteSiteSecret(number("secret_id")); err != nil {
			return err
		}
	}
	if number("holiday_id") == 0 {
		return nil
	}
	_, err := tx.DeleteHoliday(s.org.ID, number("holiday_id"))
	return err
}

// send sends a picture in a visitor's name.
func (s *site) send(conversationID int64, visitorID string) (uuid string) {
	ctx := s.t.Context()
	upload, err := s.server.service.BeginUpload(ctx, chat.Principal{Party: chat.Visitor, VisitorID: visitorID, OrganizationID: s.org.ID},
		chat.UploadRequest{ConversationID: conversationID, Address: rand.Text()})
	s.must(err)
	s.must(upload.Add(ctx, "picture.png", bytes.NewReader(pictureFile())))
	ev, _, err := upload.Finish(ctx, secretWord, "")
	s.must(err)
	return ev.Message.Attachments[0].ID
}

func pictureFile() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 400, 400))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// siteState is what a call that was refused must not have changed.
type siteState struct {
	Conversation models.Conversation
	Messages     []models.Message
	Notes        []models.Note
	Tags         map[int64][]string
	Canned       []models.CannedReply
	Organization models.Organization
	Manager      models.Manager
	Visitor      models.Visitor
}

func (s *site) state() (st siteState) {
	s.t.Helper()
	r := s.store.View(context.Background())
	var err error
	keep := func(e error) {
		if err == nil && e != chat.ErrNoRecord {
			err = e
		}
	}
	var e error
	st.Conversation, e = r.Conversation(s.conversation)
	keep(e)
	page, e := r.History(chat.HistoryQuery{OrganizationID: s.org.ID, VisitorID: s.things["visitor_id"], Count: 100})
	keep(e)
	st.Messages = page.Messages
	st.Notes, e = r.Notes(s.conversation, 0, 100)
	keep(e)
	st.Tags, e = r.Tags(s.conversation)
	keep(e)
	st.Canned, e = r.CannedReplies(s.org.ID, &s.counterpart.ID)
	keep(e)
	st.Organization, e = r.Organization(s.org.ID)
	keep(e)
	victim, _ := strconv.ParseInt(s.things["id"], 10, 64)
	st.Manager, e = r.FormerManager(victim)
	keep(e)
	st.Visitor, e = r.Visitor(s.things["visitor_id"])
	keep(e)
	s.must(err)
	st.Organization.Online = false // the server tells that by itself
	return st
}

// thing is what a name stands for in a call.
func (w *realm) thing(r right, c caller, name string) string {
	if other, given := r.things[name]; given {
		name = other
	}
	if name == "self" {
		m := w.manager(c)
		return decimal(max(m.ID, 1))
	}
	if c != nobody || name == "site_key" || name == "organization_id" || strings.HasPrefix(name, "new_") || name == "email" || name == "random" || name == "day" {
		return w.here.things[name]
	}
	switch known := w.here.things[name]; { // she guesses
	case name == "uuid":
		return uuid.NewString()
	case strings.Trim(known, "0123456789") == "":
		return decimal(int64(rand.Text()[0])<<44 + time.Now().UnixNano()%(1<<44))
	default:
		return "g" + rand.Text()
	}
}

// fill replaces what stands for things in a path or a body.
func (w *realm) fill(r right, c caller, text string) string {
	for _, name := range slices.Sorted(maps.Keys(w.here.things)) {
		text = strings.ReplaceAll(text, "{"+name+"}", w.thing(r, c, name))
	}
	return strings.ReplaceAll(text, "{self}", w.thing(r, c, "self"))
}

func (w *realm) pathOf(r right, c caller) string {
	parts := strings.Split(r.path(), "/")
	for i, part := range parts {
		if name, varies := strings.CutPrefix(part, ":"); varies {
			parts[i] = w.thing(r, c, name)
		} else if strings.HasPrefix(part, "*") && !r.bayeux() {
			parts[i] = "nothing-" + part[1:]
		}
	}
	return strings.ReplaceAll(strings.Join(parts, "/"), "/{id}", "/"+rand.Text())
}

// make makes a call.
func (w *realm) make(r right, c caller) (status int, answer string) {
	w.t.Helper()
	w.calls++
	if r.bayeux() {
		return w.speak(r, c)
	}
	query := w.fill(r, c, r.query)
	sender := w.sender(r, c)
	if sender != "" && !r.form {
		query += "&sender=" + sender
	}
	body, kind := w.body(r, c, sender)
	request, err := http.NewRequest(r.method(), w.origin+w.pathOf(r, c)+"?"+strings.TrimPrefix(query, "&"), body)
	w.must(err)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if !r.direct {
		w.from(request)
	}
	if m := w.manager(c); r.cookie && m.ID != 0 {
		request.AddCookie(&http.Cookie{Name: "parley_session", Value: w.cookie(m)})
	} else if credential := w.token(r, c); credential != "" {
		request.Header.Set("Authorization", "Bearer "+credential)
	}
	return w.do(request)
}

func (w *realm) from(request *http.Request) {
	address := w.address
	if address == "" {
		address = fmt.Sprintf("10.%d.%d.%d", w.calls>>16&255, w.calls>>8&255, w.calls&255)
	}
	request.Header.Set("X-Forwarded-For", address)
}

func (w *realm) body(r right, c caller, sender string) (io.Reader, string) {
	if r.form {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		if sender != "" {
			w.must(form.WriteField("sender", sender))
		}
		file, err := form.CreateFormFile("file", "picture.png")
		w.must(err)
		_, err = file.Write(pictureFile())
		w.must(err)
		w.must(form.Close())
		return &b, form.FormDataContentType()
	}
	if r.body == "" {
		return nil, ""
	}
	return strings.NewReader(w.fill(r, c, r.body)), "application/json"
}

func (w *realm) do(request *http.Request) (int, string) {
	w.t.Helper()
	response, err := w.client.Do(request)
	w.must(err)
	defer response.Body.Close()
	w.retryAfter = response.Header.Get("Retry-After")
	text, err := io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, string(text)
}

// cookie signs a manager in without her password.
func (w *realm) cookie(m models.Manager) string {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	w.update(func(tx chat.Tx) error {
		return tx.CreateLoginSession(models.LoginSession{TokenHash: hex.EncodeToString(sum[:]), ManagerID: m.ID, CreatedAt: 1, ExpiresAt: models.At(time.Now().Add(time.Hour))})
	})
	return secret
}

// speak makes a Bayeux call: a handshake, and the operation.
func (w *realm) speak(r right, c caller) (status int, answer string) {
	w.t.Helper()
	ext := map[string]any{}
	if token := w.token(r, c); token != "" {
		ext["token"] = token
	}
	if kind, id, given := strings.Cut(w.sender(r, c), ":"); given {
		ext["sender"] = map[string]any{"type": kind, "id": id}
	}
	channel := w.pathOf(r, c)
	if r.method() == "ROW" {
		return w.row(channel, ext["token"])
	}
	if r.method() == "PUSH" {
		return w.say(map[string]any{"channel": channel, "data": map[string]any{"n": 1}, "ext": ext})
	}
	hello := map[string]any{"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": []string{"long-polling"}, "ext": ext}
	status, answer = w.say(hello)
	if status != http.StatusOK || r.method() == "HANDSHAKE" {
		return status, answer
	}
	var replies []struct{ ClientID string }
	w.must(json.Unmarshal([]byte(answer), &replies))
	message := map[string]any{"clientId": replies[0].ClientID, "channel": "/meta/" + strings.ToLower(r.method())}
	defer w.say(map[string]any{"clientId": replies[0].ClientID, "channel": "/meta/disconnect"})
	switch r.method() {
	case "SUBSCRIBE", "UNSUBSCRIBE":
		message["subscription"] = channel
	case "PUBLISH":
		message["channel"], message["data"] = channel, map[string]any{"n": 1}
	case "META":
		message["channel"], message["data"], message["subscription"] = channel, 1, "/service/*"
	case "CONNECT":
		message["connectionType"], message["advice"] = "long-polling", map[string]any{"timeout": 0}
	}
	return w.say(message)
}

// row subscribes on a socket that speaks in rows.
func (w *realm) row(channel string, token any) (int, string) {
	w.t.Helper()
	request, err := http.NewRequest(http.MethodGet, w.origin, nil)
	w.must(err)
	w.from(request)
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.origin, "http")+"/api/v5/socket", request.Header)
	w.must(err)
	defer ws.Close()
	w.must(ws.WriteJSON([]any{"sub", []any{channel, token}, map[string]int{"query": 1}}))
	_, answer, err := ws.ReadMessage()
	w.must(err)
	switch string(answer) {
	case `["__qr__",[[]],{"query":1}]`:
		return http.StatusOK, string(answer)
	case `["__qr__",[[]],{"query":1,"fail":true}]`:
		return http.StatusForbidden, string(answer)
	}
	return http.StatusInternalServerError, string(answer)
}

// say sends one message and reads the number of the refusal, or 200.
func (w *realm) say(message map[string]any) (int, string) {
	w.t.Helper()
	raw, err := json.Marshal(message)
	w.must(err)
	request, err := http.NewRequest(http.MethodPost, w.origin+"/faye", bytes.NewReader(raw))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	w.from(request)
	status, answer := w.do(request)
	var replies []struct {
		Successful bool
		Error      string
	}
	if status != http.StatusOK || json.Unmarshal([]byte(answer), &replies) != nil || len(replies) == 0 {
		return status, answer
	}
	last := replies[len(replies)-1]
	if code, err := strconv.Atoi(strings.SplitN(last.Error, ":", 2)[0]); err == nil && !last.Successful {
		return code, answer
	}
	return http.StatusOK, answer
}
