package chat

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"parley/models"
)

// Rules are the gate's settings.
type Rules struct {
	// SignedVisitors demands a visitor's token everywhere. Otherwise knowing the visitor's or the
	// conversation's id is the visitor's right to it, as in the original.
	SignedVisitors bool
	// TrustedManagers believes a manager's sender parameter without a token.
	TrustedManagers bool
	// OpenChannels are patterns outside the chat families that anybody may use, unless a rule of Channels is
	// about the same pattern.
	OpenChannels []string
	// SignatureLife is how long a signed subscription may be begun after it was signed (1 h).
	SignatureLife time.Duration
	Channels      []ChannelRule
	// TokenLife is how far ahead a token that a site secret signed may end, and the longest that a backend may ask
	// for (30 days).
	TokenLife time.Duration
	// Limits bound organisations, keys and visitors.
	Limits Limits
	// WithoutVisitorCollection: nobody listens to all visitors of a room at once, only to each.
	WithoutVisitorCollection bool
}

// Gate decides who may do what, for channels and calls alike. Its channel methods fit the Bayeux engine's
// policy by shape.
type Gate struct {
	store    Store
	verifier Verifier
	rules    Rules
	channels channelRules
	origins  originLists
	mask     []byte // for what others see of visitors' ids
	uses     keyUses
	shares   shares
	denials  *denials
	secrets  secretList
}

// NewGate makes a gate.
func NewGate(store Store, verifier Verifier, rules Rules) *Gate {
	if rules.TokenLife == 0 {
		rules.TokenLife = tokenLife
	}
	return &Gate{
		store: store, verifier: verifier, rules: rules,
		channels: newChannelRules(rules.Channels, rules.OpenChannels), mask: []byte(rand.Text()),
		shares:  newShares(rules.Limits),
		denials: newDenials(store),
	}
}

// Authenticate turns a token or API key into a principal, and tells until when it holds; zero: for good.
// The empty credential is a stranger's.
func (g *Gate) Authenticate(ctx context.Context, credential string) (Principal, time.Time, error) {
	if credential == "" {
		return Principal{}, time.Time{}, nil
	}
	p, until, err := g.authenticate(ctx, credential)
	if KindOf(err) == Unauthenticated {
		g.refusedCredential(ctx, credential)
	}
	if err == nil {
		callerOf(ctx).proved(p)
		err = g.allowPage(ctx, p.OrganizationID)
	}
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	return p, until, nil
}

func (g *Gate) authenticate(ctx context.Context, credential string) (Principal, time.Time, error) {
	if strings.HasPrefix(credential, apiKeyPrefix) {
		p, err := g.authenticateKey(ctx, credential)
		return p, time.Time{}, err
	}
	claims, err := g.verify(ctx, credential)
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	p, err := g.principal(ctx, claims)
	if err == nil {
		p.Channels, err = grantedTo(ctx, claims)
	}
	return p, claims.ExpiresAt, err
}

func (g *Gate) authenticateKey(ctx context.Context, credential string) (Principal, error) {
	id, ok := apiKeyID(credential)
	if !ok || inAddress(ctx) {
		return Principal{}, tokenInvalid()
	}
	key, err := g.store.View(ctx).APIKey(id)
	if errors.Is(err, ErrNoRecord) || err == nil && !sameSecret(key.KeyHash, credential) {
		return Principal{}, tokenInvalid()
	}
	if err != nil {
		return Principal{}, err
	}
	p, err := g.keyPrincipal(ctx, key)
	if errors.Is(err, ErrNoRecord) {
		err = tokenInvalid() // its manager has left
	}
	return p, err
}

// keyPrincipal is whoever uses a key that was proved, or that is looked up again; it counts as a use. A manager's key
// is the manager, bounded by the key: signing out does not end it.
func (g *Gate) keyPrincipal(ctx context.Context, key models.APIKey) (Principal, error) {
	p := Principal{Party: Backend, OrganizationID: key.OrganizationID}
	if key.ManagerID != nil {
		var err error
		if p, err = g.managerPrincipal(ctx, *key.ManagerID); err != nil {
			return Principal{}, err
		}
		p.Since = 0
	}
	g.uses.note(key.ID)
	p.KeyID, p.Scopes = key.ID, key.Scopes
	return p, nil
}

// keyHolder is who a key stands for today.
func (g *Gate) keyHolder(ctx context.Context, keyID int64) (Principal, error) {
	key, err := g.store.View(ctx).APIKey(keyID)
	if err != nil {
		return Principal{}, err
	}
	return g.keyPrincipal(ctx, key)
}

// principal trusts claims for who it is, and the store for what a manager may do today.
func (g *Gate) principal(ctx context.Context, claims Claims) (Principal, error) {
	if claims.Role == string(Visitor) {
		return g.visitorPrincipal(ctx, claims)
	}
	if claims.Role == string(Operator) {
		return Principal{Party: Operator}, nil
	}
	id, err := strconv.ParseInt(claims.Subject, 10, 64)
	if err != nil || !models.Role(claims.Role).Valid() {
		return Principal{}, tokenInvalid()
	}
	p, err := g.managerPrincipal(ctx, id)
	since := p.Since
	if err == nil && claims.KeyID != 0 {
		p, err = g.keyHolder(ctx, claims.KeyID) // and ends with the key
	}
	if errors.Is(err, ErrNoRecord) || err == nil && (p.ManagerID != id || claims.OrganizationID != 0 && claims.OrganizationID != p.OrganizationID) {
		return Principal{}, tokenInvalid()
	}
	if err == nil && since > 0 && claims.IssuedAt.Before(since.Time()) {
		return Principal{}, tokenInvalid() // she was signed out everywhere
	}
	return p, err
}

func (g *Gate) managerPrincipal(ctx context.Context, id int64) (Principal, error) {
	m, err := g.store.View(ctx).Manager(id)
	if err != nil {
		return Principal{}, err
	}
	return ManagerPrincipal(m), nil
}

// Admit refuses a stranger whose claim needs a token, and a key without the scope chat. It comes before anything is
// looked up, so that strangers do not learn what exists.
func (g *Gate) Admit(p Principal, claimed Sender) error {
	if p.Party == Operator {
		return forbidden("The operator has no part in the chat")
	}
	if err := p.demand(models.ScopeChat); err != nil {
		return err
	}
	believed := !g.rules.SignedVisitors
	if claimed.Type == models.SenderManager {
		believed = g.rules.TrustedManagers
	}
	if p.Party == Stranger && !believed {
		return tokenMissing()
	}
	return nil
}

// Actor settles for whom a call about a visitor speaks. The principal is what was proved, the sender what is
// claimed; organizationID is the visitor's, or the one the visitor would be created in.
func (g *Gate) Actor(ctx context.Context, p Principal, claimed Sender, visitorID string, organizationID int64) (Principal, error) {
	return g.actor(ctx, p, claimed, visitorID, organizationID, nil)
}

// actor is Actor for who has read the visitor already; nil: nobody has.
func (g *Gate) actor(ctx context.Context, p Principal, claimed Sender, visitorID string, organizationID int64, known *models.Visitor) (Principal, error) {
	actor, err := g.settledActor(ctx, p, claimed, visitorID, organizationID, known)
	if err == nil {
		err = g.countActor(p, actor, organizationID)
	}
	return actor, err
}

func (g *Gate) settledActor(ctx context.Context, p Principal, claimed Sender, visitorID string, organizationID int64, known *models.Visitor) (Principal, error) {
	if p.OrganizationID != 0 && p.OrganizationID != organizationID {
		return Principal{}, visitorNotFound(visitorID) // tenants do not learn of each other
	}
	if err := g.allowPage(ctx, organizationID); err != nil {
		return Principal{}, err
	}
	switch p.Party {
	case Visitor:
		if claimed.Type == models.SenderManager || claimed.ID != "" && claimed.ID != p.VisitorID {
			return Principal{}, senderMismatch()
		}
		if p.VisitorID != visitorID {
			return Principal{}, forbidden("The token belongs to another visitor")
		}
		return p, nil
	case Manager:
		if err := p.demand(models.ScopeChat); err != nil {
			return Principal{}, err
		}
		if claimed.Type == models.SenderVisitor || claimed.ID != "" && claimed.ID != strconv.FormatInt(p.ManagerID, 10) {
			return Principal{}, senderMismatch()
		}
		return p, nil
	}
	if err := g.Admit(p, claimed); err != nil {
		return Principal{}, err
	}
	if p.Party == Stranger && claimed.Type != models.SenderManager {
		if err := g.bareID(ctx, visitorID, known); err != nil {
			return Principal{}, err
		}
	}
	return g.claimedActor(ctx, claimed, visitorID, organizationID)
}

// claimedActor believes the claim, as far as it is possible at all.
func (g *Gate) claimedActor(ctx context.Context, claimed Sender, visitorID string, organizationID int64) (Principal, error) {
	if claimed.Type != models.SenderManager {
		if claimed.ID != "" && claimed.ID != visitorID {
			return Principal{}, senderMismatch()
		}
		return Principal{Party: Visitor, VisitorID: visitorID, OrganizationID: organizationID}, nil
	}
	id, err := strconv.ParseInt(claimed.ID, 10, 64)
	if err != nil {
		return Principal{}, E(Invalid, "sender_invalid", "The sender's id is not a manager's")
	}
	actor, err := g.managerPrincipal(ctx, id)
	if errors.Is(err, ErrNoRecord) || err == nil && actor.OrganizationID != organizationID {
		return Principal{}, E(NotFound, "manager_not_found", "There is no manager %d", id)
	}
	return actor, err
}

func senderMismatch() *Error {
	return E(Forbidden, "sender_mismatch", "The sender is not who the call is authorised for")
}

// mayCreateVisitor tells whether p may bring a visitor into being that nobody has heard of.
func (g *Gate) mayCreateVisitor(p Principal, visitorID string) bool {
	return p.Party == Backend || p.Party == Visitor && p.VisitorID == visitorID || !g.rules.SignedVisitors
}

// self settles which manager speaks of herself: the one whose token it is, or, where managers are trusted, the
// one that the sender names.
func (g *Gate) self(ctx context.Context, p Principal, claimed Sender) (Principal, error) {
	return g.selfWithin(ctx, p, claimed, models.ScopeChat)
}

// selfWithin is self for what is another scope's.
func (g *Gate) selfWithin(ctx context.Context, p Principal, claimed Sender, scope models.Scopes) (Principal, error) {
	if p.Party == Stranger && claimed.Type == models.SenderManager && g.rules.TrustedManagers {
		id, err := strconv.ParseInt(claimed.ID, 10, 64)
		if err != nil {
			return p, E(Invalid, "sender_invalid", "The sender's id is not a manager's")
		}
		p, err := g.managerPrincipal(ctx, id)
		return p, orNotFound(err, "manager_not_found", "There is no manager %d", id)
	}
	if err := managersOnly(p); err != nil {
		return p, err
	}
	if err := p.demand(scope); err != nil {
		return p, err
	}
	if claimed != (Sender{}) && (claimed.Type != models.SenderManager || claimed.ID != strconv.FormatInt(p.ManagerID, 10)) {
		return p, senderMismatch()
	}
	return p, nil
}

// Right is what somebody may do with a conversation.
type Right int

// Rights: Look includes history and listening, Speak posting and reading marks, End closing. A conversation that
// waits belongs to every manager so far that they may look at it, end it and claim it.
const (
	Look Right = iota
	Speak
	End
	Claim
	Transfer
	TakeOver
	Reopen
	Rate
	// Join is becoming a member.
	Join
)

// MayConversation tells whether an actor, as settled by Actor, has a right to a conversation. Who takes part in it without
// being the counterpart may look at it and speak; only of those r is asked.
func (g *Gate) MayConversation(r MemberReader, actor Principal, c models.Conversation, right Right) error {
	refusal := mayConversation(actor, c, right)
	if refusal == nil || right != Look && right != Speak || actor.Party != Manager || actor.OrganizationID != c.OrganizationID {
		return refusal
	}
	member, err := takesPart(r, c.ID, actor.ManagerID)
	if err != nil || member {
		return err
	}
	return refusal
}

// mayConversation is what follows from the conversation alone.
func mayConversation(actor Principal, c models.Conversation, right Right) error {
	if actor.OrganizationID != 0 && actor.OrganizationID != c.OrganizationID {
		return conversationNotFound(c.ID)
	}
	counterpart := actor.Party == Manager && c.ManagerID != nil && *c.ManagerID == actor.ManagerID
	waits := c.State() == models.StateWaiting
	var may bool
	switch right {
	case Claim, Join:
		may = actor.Party == Manager // who was faster is told by the refusal
	case Transfer:
		may = counterpart || actor.supervises() || actor.Party == Backend
	case TakeOver:
		may = actor.supervises()
	case Rate:
		may = actor.Party == Visitor && actor.VisitorID == c.VisitorID
	default:
		may = actor.Party == Visitor && actor.VisitorID == c.VisitorID || actor.Party == Backend || counterpart ||
			actor.supervises() && right != Speak ||
			waits && actor.Party == Manager && (right == Look || right == End)
	}
	if !may {
		return forbidden("This conversation belongs to somebody else")
	}
	return nil
}

// Identify reads credentials from a Bayeux message's ext: token, or auth_token and authToken as old recipes
// call it, or a signature. who is a Principal, or nil when there are none; ok is false when they are bad.
func (g *Gate) Identify(ctx context.Context, ext []byte) (who any, until time.Time, ok bool, err error) {
	if len(ext) == 0 {
		return nil, time.Time{}, true, nil
	}
	var fields struct {
		Token     any             `json:"token"`
		AuthToken any             `json:"auth_token"`
		AuthCamel any             `json:"authToken"`
		Sender    json.RawMessage `json:"sender"`
		signature
	}
	if json.Unmarshal(ext, &fields) != nil {
		return nil, time.Time{}, true, nil // some extension's own shape
	}
	for _, given := range []any{fields.Token, fields.AuthToken, fields.AuthCamel} {
		if credential, is := given.(string); is && credential != "" {
			p, until, err := g.Authenticate(WithResources(ctx), credential)
			if KindOf(err) == Unauthenticated {
				return nil, time.Time{}, false, nil
			}
			return p, until, err == nil, err
		}
	}
	if p, given, ok, err := g.identifySigned(ctx, fields.signature); given {
		return p, time.Time{}, ok && err == nil, err
	}
	return g.identifySender(ctx, fields.Sender)
}

// identifySender believes ext.sender of a manager where managers are trusted.
func (g *Gate) identifySender(ctx context.Context, raw json.RawMessage) (any, time.Time, bool, error) {
	var sender struct {
		Type string          `json:"type"`
		ID   json.RawMessage `json:"id"`
	}
	if !g.rules.TrustedManagers || json.Unmarshal(raw, &sender) != nil || SenderTypeOf(sender.Type) != models.SenderManager {
		return nil, time.Time{}, true, nil
	}
	id, err := strconv.ParseInt(strings.Trim(string(sender.ID), `"`), 10, 64)
	if err != nil {
		return nil, time.Time{}, false, nil
	}
	p, err := g.managerPrincipal(ctx, id)
	if errors.Is(err, ErrNoRecord) {
		return nil, time.Time{}, false, nil
	}
	return p, time.Time{}, err == nil, err
}

// Subscribe tells whether who may listen to a channel or pattern, and to which scope's publications. A page of an
// origin that the organisation does not have on its list may not.
func (g *Gate) Subscribe(ctx context.Context, who any, channel string) (scope string, ok bool, err error) {
	scope, ok, err = g.subscribe(ctx, who, channel)
	if ok && err == nil && scope != publicScope {
		organization, _ := strconv.ParseInt(scope, 10, 64) // 0: whichever will have the visitor
		if err = g.allowPage(ctx, organization); err != nil {
			scope, ok = "", false
		}
		if KindOf(err) == Forbidden {
			err = nil
		}
	}
	if !ok && err == nil {
		action := models.AuditSubscriptionDenied
		if reviewing(ctx) {
			action = models.AuditSubscriptionRevoked
		}
		g.refusedChannel(ctx, who, action, channel)
	}
	return scope, ok, err
}

func (g *Gate) subscribe(ctx context.Context, who any, channel string) (scope string, ok bool, err error) {
	p, _ := who.(Principal)
	p, there, err := g.current(ctx, p)
	if !there {
		return "", false, err
	}
	if strings.HasPrefix(channel, ResourcePrefix) {
		return g.subscribeResource(ctx, p, channel)
	}
	if p.Channels != "" {
		return "", false, nil
	}
	if p.Party == Signed {
		if p, there, err = g.bearer(ctx, p, channel); !there || err != nil {
			return "", false, err
		}
	}
	family, target, chat := splitFamily(channel)
	if !chat {
		return publicScope, g.channels.may(p.within(models.ScopeEvents), channel, subscribers), nil
	}
	if p.Party == Operator || !p.allows(models.ScopeEvents) {
		return "", false, nil
	}
	if family == webhooksFamily {
		return subscribeWebhooks(p, target)
	}
	if target == "*" {
		return g.subscribeFamily(ctx, p, family)
	}
	switch family {
	case conversationFamily:
		return g.subscribeConversation(ctx, p, target)
	case staffFamily:
		return g.subscribeStaff(ctx, p, target)
	case availabilityFamily:
		return g.subscribeAvailability(ctx, target)
	}
	if !models.ValidVisitorID(target) || family == notificationFamily && p.Party == Manager {
		return "", false, nil
	}
	return g.visitorChannel(ctx, p, target)
}

// subscribeFamily decides about all of a family: of one's own organisation, never of another.
func (g *Gate) subscribeFamily(ctx context.Context, p Principal, family string) (string, bool, error) {
	switch {
	case p.Party == Backend,
		p.Party == Manager && family == serviceFamily,
		p.supervises() && (family == conversationFamily || family == staffFamily):
		return organizationScope(p.OrganizationID), true, nil
	case p.Party == Stranger && family == serviceFamily && g.rules.TrustedManagers:
		only, err := onlyOrganization(g.store.View(ctx))
		if KindOf(err) == Invalid {
			return "", false, nil
		}
		return organizationScope(only.ID), err == nil, err
	}
	return "", false, nil
}

func (g *Gate) subscribeConversation(ctx context.Context, p Principal, target string) (string, bool, error) {
	id, ok := parseConversationID(target)
	if !ok {
		return "", false, nil
	}
	c, err := g.store.View(ctx).Conversation(id)
	if errors.Is(err, ErrNoRecord) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	scope := organizationScope(c.OrganizationID)
	if p.Party == Stranger { // the id is the right
		err := g.bareID(ctx, c.VisitorID, nil)
		return scope, err == nil, internalOnly(err)
	}
	err = g.MayConversation(memberLookup(ctx, g.store), p, c, Look)
	return scope, err == nil, internalOnly(err)
}

// subscribeStaff decides about what managers say of a conversation. No visitor hears it, whoever she is.
func (g *Gate) subscribeStaff(ctx context.Context, p Principal, target string) (string, bool, error) {
	if p.Party != Manager && p.Party != Backend {
		return "", false, nil
	}
	return g.subscribeConversation(ctx, p, target)
}

// subscribeAvailability lets everybody know whether an organisation answers: a page asks before it knows who its
// visitor is.
func (g *Gate) subscribeAvailability(ctx context.Context, target string) (string, bool, error) {
	id, ok := parseConversationID(target) // the same spelling
	if !ok {
		return "", false, nil
	}
	o, err := g.store.View(ctx).Organization(id)
	if errors.Is(err, ErrNoRecord) {
		return "", false, nil
	}
	return organizationScope(o.ID), err == nil, err
}

// visitorChannel decides about the service and notification channels of one visitor, who need not be known
// yet: a widget listens before it opens its first conversation.
func (g *Gate) visitorChannel(ctx context.Context, p Principal, visitorID string) (string, bool, error) {
	if p.Party == Visitor && p.VisitorID != visitorID ||
		p.Party == Stranger && g.rules.SignedVisitors {
		return "", false, nil
	}
	v, err := g.store.View(ctx).Visitor(visitorID)
	switch {
	case errors.Is(err, ErrNoRecord) && p.OrganizationID == 0:
		only, err := onlyOrganization(g.store.View(ctx))
		if KindOf(err) == Invalid {
			return "", true, nil // whichever organisation will have this visitor
		}
		return organizationScope(only.ID), err == nil, err
	case errors.Is(err, ErrNoRecord):
		return organizationScope(p.OrganizationID), true, nil
	case err != nil:
		return "", false, err
	}
	own := (p.OrganizationID == 0 || p.OrganizationID == v.OrganizationID) && v.MergedInto == nil && v.ErasingAt == nil
	if p.Party == Stranger && g.bareID(ctx, visitorID, &v) != nil {
		own = false
	}
	return organizationScope(v.OrganizationID), own, nil
}

// Publish tells whether who may publish from outside. Chat's own events come from the server alone; a backend
// may push to the channels of its organisation, as Faye's users do.
func (g *Gate) Publish(ctx context.Context, who any, channel string) (scope string, ok bool, err error) {
	scope, ok, err = g.publish(ctx, who, channel)
	if !ok && err == nil {
		g.refusedChannel(ctx, who, models.AuditPublicationDenied, channel)
	}
	return scope, ok, err
}

func (g *Gate) publish(ctx context.Context, who any, channel string) (scope string, ok bool, err error) {
	p, _ := who.(Principal)
	p, there, err := g.current(ctx, p)
	if !there {
		return "", false, err
	}
	if strings.HasPrefix(channel, ResourcePrefix) || p.Channels != "" {
		return "", false, nil
	}
	family, target, chat := splitFamily(channel)
	if !chat {
		return publicScope, g.channels.may(p.within(models.ScopePush), channel, publishers), nil
	}
	if p.Party == Operator {
		p = Principal{Party: Backend, Scopes: models.AllScopes} // of no organisation: of whichever the channel belongs to
	}
	switch {
	case p.Party != Backend || !p.allows(models.ScopePush) || strings.HasSuffix(target, "*") || family == availabilityFamily || family == webhooksFamily:
		return "", false, nil
	case family == conversationFamily || family == staffFamily:
		return g.subscribeConversation(ctx, p, target)
	case !models.ValidVisitorID(target):
		return "", false, nil
	}
	return g.visitorChannel(ctx, p, target)
}

// Display names somebody for others, who may be strangers. A visitor's id can be a key to the visitor's channels,
// so it shows as something that stands for it as long as the server runs.
func (g *Gate) Display(who any) string {
	p, _ := who.(Principal)
	if p.Party != Visitor {
		return p.String()
	}
	sum := hmac.New(sha256.New, g.mask)
	sum.Write([]byte(p.VisitorID))
	return "visitor:" + hex.EncodeToString(sum.Sum(nil)[:6])
}
