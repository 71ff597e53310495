package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/chat"
	"parley/models"
)

// caller is a kind of caller.
type caller string

// Callers of the organisation that calls are about, and of none.
const (
	nobody     caller = "nobody"     // shows nothing, and names ids that are guessed
	capability caller = "capability" // shows nothing, and knows the visitor's ids
	liar       caller = "liar"       // shows nothing, knows the ids, and says to be another visitor
	poser      caller = "poser"      // shows nothing, knows the ids, and says to be the counterpart

	visitor      caller = "visitor" // by token
	otherVisitor caller = "other-visitor"

	counterpart   caller = "counterpart" // the manager who has the conversation
	colleague     caller = "colleague"   // one who has not
	supervisor    caller = "supervisor"
	administrator caller = "admin"
	key           caller = "key"        // an API key with all scopes
	narrowKey     caller = "narrow-key" // one with the scope that the call needs, and no other
	wrongKey      caller = "wrong-key"  // one with all other scopes
	theOperator   caller = "operator"   // who runs the server
)

// Callers of another organisation.
const (
	foreignVisitor    caller = "foreign-visitor"
	foreignManager    caller = "foreign-manager"
	foreignSupervisor caller = "foreign-supervisor"
	foreignAdmin      caller = "foreign-admin"
	foreignKey        caller = "foreign-key"
)

// Credentials that are no good any more, or never were.
const (
	expiredVisitor caller = "expired-visitor"
	expiredAdmin   caller = "expired-admin"
	signedOutAdmin caller = "signed-out-admin"
	goneAdmin      caller = "gone-admin" // she was dismissed
	goneKey        caller = "gone-key"   // it was deleted
	forgedAdmin    caller = "forged-admin"
	unsignedAdmin  caller = "unsigned-admin" // alg: none
)

// In rows: everyone is really everyone, anyone all whose credentials are good.
const (
	everyone caller = "everyone"
	anyone   caller = "anyone"
)

var (
	strangers  = map[caller]bool{nobody: true, capability: true, liar: true, poser: true}
	badCallers = []caller{expiredVisitor, expiredAdmin, signedOutAdmin, goneAdmin, goneKey, forgedAdmin, unsignedAdmin}
	// foreign tells who somebody of another organisation is in that one.
	foreign = map[caller]caller{
		foreignVisitor: visitor, foreignManager: colleague, foreignSupervisor: supervisor, foreignAdmin: administrator, foreignKey: key,
	}
	// managers are all of the organisation's, team those of any.
	managers = []caller{counterpart, colleague, supervisor, administrator}
	team     = slices.Concat(managers, []caller{foreignManager, foreignSupervisor, foreignAdmin})
)

// callers lists all of them.
func callers() []caller {
	return slices.Concat([]caller{nobody, capability, liar, poser, visitor, otherVisitor}, managers, []caller{key, narrowKey, wrongKey, theOperator},
		slices.Sorted(maps.Keys(foreign)), badCallers)
}

// and joins lists of callers.
func and(list []caller, more ...caller) []caller { return slices.Concat(list, more) }

// token is what a caller shows; empty for strangers. It is signed now, by what is true now.
func (w *realm) token(r right, c caller) string {
	switch c {
	case nobody, capability, liar, poser:
		return ""
	case visitor:
		return w.minted(w.keys.Visitor(w.here.things["visitor_id"], w.here.org.ID, time.Hour))
	case otherVisitor:
		return w.minted(w.keys.Visitor(w.here.things["other_visitor_id"], w.here.org.ID, time.Hour))
	case foreignVisitor:
		return w.minted(w.keys.Visitor(w.there.things["visitor_id"], w.there.org.ID, time.Hour))
	case key:
		return w.here.key
	case narrowKey:
		return w.here.scoped(cmp.Or(r.scope, models.ScopeWebhooks))
	case wrongKey:
		return w.here.scoped(models.AllScopes &^ cmp.Or(r.scope, models.ScopeWebhooks))
	case foreignKey:
		return w.there.key
	case theOperator:
		return w.minted(w.keys.Operator(time.Hour))
	}
	if slices.Contains(badCallers, c) {
		return w.badToken(c)
	}
	today, err := w.store.View(w.t.Context()).Manager(w.manager(c).ID) // tokens may count from later on
	w.must(err)
	return w.minted(w.keys.Manager(today, time.Hour))
}

func (w *realm) minted(token string, _ time.Time, err error) string {
	w.must(err)
	return token
}

// manager is who a caller is; the zero value for others.
func (w *realm) manager(c caller) models.Manager {
	m, known := map[caller]models.Manager{
		counterpart: w.here.counterpart, colleague: w.here.colleague, supervisor: w.here.supervisor, administrator: w.here.admin,
		foreignManager: w.there.colleague, foreignSupervisor: w.there.supervisor, foreignAdmin: w.there.admin,
	}[c]
	if !known {
		return m
	}
	return m
}

// badToken is one that would be an admin's, or the visitor's, were it good.
func (w *realm) badToken(c caller) string {
	id := func(m models.Manager) string { return decimal(m.ID) }
	good, over := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	switch c {
	case expiredVisitor:
		return sign(jwt.SigningMethodHS256, []byte(rightsSecret), w.here.things["visitor_id"], string(chat.Visitor), over)
	case expiredAdmin:
		return sign(jwt.SigningMethodHS256, []byte(rightsSecret), id(w.here.admin), "admin", over)
	case signedOutAdmin:
		return w.signedOut
	case goneAdmin:
		return w.goneAdmin
	case goneKey:
		return w.goneKey
	case forgedAdmin:
		return sign(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32)), id(w.here.admin), "admin", good)
	case unsignedAdmin:
		return sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, id(w.here.admin), "admin", good)
	}
	panic(c)
}

// sign makes a token as a forger would.
func sign(method jwt.SigningMethod, key any, subject, role string, until time.Time) string {
	token := jwt.NewWithClaims(method, jwt.MapClaims{"sub": subject, "role": role, "iat": time.Now().Add(-time.Hour).Unix(), "exp": until.Unix()})
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

// sender is whom a caller says to speak for; empty: nobody.
func (w *realm) sender(r right, c caller) string {
	switch {
	case c == capability:
		return "visitor:" + w.here.things["visitor_id"]
	case c == liar:
		return "visitor:" + w.here.things["other_visitor_id"]
	case c == poser:
		return "manager:" + decimal(w.here.counterpart.ID)
	case c == narrowKey || c == wrongKey:
		return w.sender(r, key)
	case c != key && c != foreignKey:
		return ""
	case r.says == models.SenderVisitor:
		return "visitor:" + w.here.things["visitor_id"]
	case r.says == models.SenderManager && c == key:
		return "manager:" + decimal(w.here.counterpart.ID)
	case r.says == models.SenderManager:
		return "manager:" + decimal(w.there.counterpart.ID)
	}
	return ""
}
